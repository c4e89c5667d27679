/**
 * Rules on paths. Every comparison is made on the folded path, because some file systems take `.GIT`,
 * `.g\u200cit` and `GIT~1` for `.git`.
 */

// Code points that HFS+ leaves out when it compares names (git's own list, utf8.c).
const IGNORED_BY_FILE_SYSTEMS = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

export const foldPath = (path: string): string =>
  path.normalize('NFKC').replace(IGNORED_BY_FILE_SYSTEMS, '').toLowerCase();

/** Why the path cannot be part of any change, or null. */
export function unsafePath(path: string): string | null {
  // eslint-disable-next-line no-control-regex -- control characters are exactly what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'it has control characters';
  if (path.includes('\\')) return 'it has a backslash';
  if (path.startsWith('/') || /^[a-z]:/i.test(path)) return 'it is absolute';
  const parts = foldPath(path).split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    return 'it leaves its folder or is not in normal form';
  if (parts.some((part) => /^(\.git|git~\d+)[ .]*$/.test(part))) return 'it lies in a .git folder';
  return null;
}

interface PathRule {
  readonly pattern: RegExp;
  readonly why: string;
}

/** Files that decide what may run or who must approve: no command lets them pass. */
const NEVER: readonly PathRule[] = [
  { pattern: /^\.github\/workflows(\/|$)/, why: 'workflows run with the repository’s secrets' },
  { pattern: /^\.github\/actions(\/|$)/, why: 'actions run with the repository’s secrets' },
  { pattern: /^\.github\/ptc\.ya?ml$/, why: 'it configures PTC Bot itself' },
  { pattern: /(^|\/)codeowners$/, why: 'it decides who must approve' },
  { pattern: /(^|\/)\.gitmodules$/, why: 'submodules bring in other repositories' },
];

/** Files that steer people’s or agents’ machines: a person may let them pass. */
const ASKED: readonly PathRule[] = [
  { pattern: /(^|\/)(agents|claude)\.md$/, why: 'it instructs coding agents' },
  { pattern: /(^|\/)\.(npmrc|yarnrc|yarnrc\.yml|pypirc)$/, why: 'it decides where packages come from' },
];

export const neverAllowed = (path: string): string | null => match(NEVER, path);
export const askedAbout = (path: string): string | null => match(ASKED, path);

const match = (rules: readonly PathRule[], path: string): string | null =>
  rules.find((rule) => rule.pattern.test(foldPath(path)))?.why ?? null;
