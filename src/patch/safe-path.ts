// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/;
/** Code points that HFS+ ignores in names, so `.g<ZWNJ>it` is `.git` there. */
const IGNORED_BY_HFS = /[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/gu;
const MAX_PATH_CHARS = 4096;

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
  if (segment === '') return 'it has an empty part';
  if (segment === '.' || segment === '..') return 'it has a dot part that leaves or repeats its folder';
  const plain = segment.normalize('NFKC').replace(IGNORED_BY_HFS, '').toLowerCase();
  const base = (plain.split(':')[0] ?? '').replace(/[ .]+$/, '');
  if (base === '.git' || base === 'git~1') return 'it lies in the git folder';
  return null;
}

/** Whether a symbolic link at `path` with this target stays inside the repository and out of `.git`. */
export function unsafeLinkTarget(path: string, target: string): string | null {
  if (target.startsWith('/') || /^[A-Za-z]:/.test(target) || target.includes('\\'))
    return 'its link target is absolute';
  const parts = path.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return 'its link target leaves the repository';
  }
  const reason = parts.length === 0 ? null : unsafePath(parts.join('/'));
  return reason === null ? null : `its link target is unsafe: ${reason}`;
}
