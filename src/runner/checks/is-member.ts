import { posix } from 'node:path';

/** Patterns are the repository's own: one that takes long to match, or stands for too many, matches nothing. */
function isSimple(pattern: string): boolean {
  const signs = pattern.match(/[*?{[(,]/g) ?? [];
  return pattern.length <= 200 && signs.length <= 12 && !/\{[^}]*\.\./.test(pattern);
}

/** True when a folder below another one is matched by that one's patterns, of which those with `!` exclude. */
export function isMember(
  folder: string,
  { folder: around, members }: { readonly folder: string; readonly members: readonly string[] },
): boolean {
  if (folder === around || (around !== '' && !folder.startsWith(`${around}/`))) return false;
  const below = posix.relative(around, folder);
  const matches = (pattern: string): boolean =>
    isSimple(pattern) && posix.matchesGlob(below, posix.normalize(pattern).replace(/\/$/, ''));
  return (
    members.some((pattern) => !pattern.startsWith('!') && matches(pattern)) &&
    !members.some((pattern) => pattern.startsWith('!') && matches(pattern.slice(1)))
  );
}
