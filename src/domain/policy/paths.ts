/**
 * Rules on paths, for the diff engine, the runner and the publish gate alike. Every comparison is made on the
 * folded path, because some file systems take `.GIT`, `.g\u200cit`, `GIT~1` and `.git::$INDEX` for `.git`.
 */

// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/;
/** Code points that HFS+ ignores in names. */
const IGNORED_BY_HFS = /[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/gu;
const MAX_PATH_CHARS = 4096;

export const foldPath = (path: string): string =>
  path.normalize('NFKC').replace(IGNORED_BY_HFS, '').toLowerCase();

/**
 * Why a path must not be touched, in words for people, or null when it is a plain path inside the repository.
 * Names that only some file systems read as `.git` or as absolute are refused everywhere.
 */
export function unsafePath(path: string): string | null {
  if (path === '') return 'it is empty';
  if (path.length > MAX_PATH_CHARS) return 'it is too long';
  if (CONTROL.test(path)) return 'it contains a control character';
  if (path.includes('\\')) return 'it contains a backslash';
  if (path.startsWith('/')) return 'it is absolute';
  if (/^[A-Za-z]:/.test(path)) return 'it names a drive';
  if (path.startsWith('~')) return 'it starts in a home folder';
  for (const segment of path.split('/')) {
    const reason = unsafeSegment(segment);
    if (reason !== null) return reason;
  }
  return null;
}

function unsafeSegment(segment: string): string | null {
  const plain = foldPath(segment);
  if (plain === '') return 'it has an empty part';
  if (plain === '.' || plain === '..') return 'it leaves its folder or is not in normal form';
  // Windows drops spaces and dots at the end, and what follows a colon names a stream of the same file.
  const base = (plain.split(':')[0] ?? '').replace(/[ .]+$/, '');
  return /^(\.git|git~\d+)$/.test(base) ? 'it lies in a .git folder' : null;
}

/** Why a symbolic link at `path` must not have this target, or null when it stays inside and out of `.git`. */
export function unsafeLinkTarget(path: string, target: string): string | null {
  if (target.startsWith('/') || /^[A-Za-z]:/.test(target) || target.includes('\\'))
    return 'its link target is absolute';
  const parts = path.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return 'its link target leaves the repository';
    // At each step: a target may pass through `.git` and come out again.
    const reason = parts.length === 0 ? null : unsafePath(parts.join('/'));
    if (reason !== null) return `its link target is unsafe: ${reason}`;
  }
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
