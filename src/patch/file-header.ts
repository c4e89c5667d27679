import { cleanName, gitLineNames, headerName, spellingsOf, type HeaderName } from './header-name.ts';
import { isHunkHeader } from './hunk-header.ts';
import { endAlike } from './tree-names.ts';

/** Object name of the empty file in git, shortened. */
const EMPTY_OBJECT = 'e69de29';

/** Everything that stands above the first hunk of a file in a unified diff. */
export interface FileHeader {
  readonly old: HeaderName | null;
  readonly new: HeaderName | null;
  readonly renameFrom: string | null;
  readonly renameTo: string | null;
  readonly isCopy: boolean;
  readonly similarity: number | null;
  readonly newMode: string | null;
  readonly createdMode: string | null;
  readonly deletedMode: string | null;
  readonly binary: boolean;
  /** The object name after the change on git's `index` line. */
  readonly newObject: string | null;
  readonly next: number;
}

type Draft = { -readonly [K in keyof FileHeader]: FileHeader[K] } & {
  /** Whether its `---` and `+++` lines were read. */
  dashes: boolean;
  pluses: boolean;
};

/** Whether a file of a unified diff starts here. */
export function startsFileHeader(answer: readonly string[], at: number): boolean {
  const line = answer[at] ?? '';
  const next = answer[at + 1] ?? '';
  if (line.startsWith('diff --git ')) return true;
  if (line.startsWith('Index: ')) return /^(?:=+$|--- )/.test(next);
  if (line.startsWith('--- '))
    return next.startsWith('+++ ') || isHunkHeader(next) || blankBefore(answer, at, '+++ ');
  return line.startsWith('+++ ') && isHunkHeader(next);
}

function blankBefore(answer: readonly string[], at: number, start: string): boolean {
  return (answer[at + 1] ?? 'x').trim() === '' && (answer[at + 2] ?? '').startsWith(start);
}

export function readFileHeader(answer: readonly string[], start: number): FileHeader {
  const header: Draft = {
    old: null,
    new: null,
    renameFrom: null,
    renameTo: null,
    isCopy: false,
    similarity: null,
    newMode: null,
    createdMode: null,
    deletedMode: null,
    binary: false,
    newObject: null,
    next: start,
    dashes: false,
    pluses: false,
  };
  let at = start;
  while (at < answer.length && readHeaderLine(header, answer, at, start)) at += 1;
  header.next = at;
  return header;
}

/** Takes one line of a header over; false where the header has ended. */
function readHeaderLine(header: Draft, answer: readonly string[], at: number, start: number): boolean {
  const line = answer[at] ?? '';
  if (line.startsWith('diff --git ') || line.startsWith('Index: ')) {
    if (at > start && line.startsWith('diff --git ')) return false;
    readFirstLine(header, line);
    return true;
  }
  if (line.startsWith('--- ') && !header.dashes) {
    if (!needsHunks(header) && namesOtherFile(header, line, answer[at + 1] ?? '')) return false;
    header.dashes = true;
    header.old = headerName(line.slice(4), 'old');
    return true;
  }
  if (line.startsWith('+++ ') && !header.pluses) {
    header.dashes = true;
    header.pluses = true;
    header.new = headerName(line.slice(4), 'new');
    return true;
  }
  return (!header.dashes && readExtended(header, line)) || isLayout(answer, at);
}

/** Whether a header says something only together with hunks below it. */
export function needsHunks(header: FileHeader): boolean {
  if (header.renameTo !== null) return header.similarity !== null && header.similarity < 100;
  if (header.deletedMode !== null || header.new?.nothing === true) return false;
  if (header.createdMode !== null) {
    return header.newObject !== null && !header.newObject.startsWith(EMPTY_OBJECT);
  }
  return header.newMode === null;
}

/** Whether a `--- ` and a `+++ ` line are of another file than the header above them, which has no hunks then. */
function namesOtherFile(header: FileHeader, oldLine: string, newLine: string): boolean {
  const known = [
    ...spellingsOf(header.old),
    ...spellingsOf(header.new),
    ...[header.renameFrom, header.renameTo].filter((name) => name !== null),
  ];
  const named = [
    ...spellingsOf(headerName(oldLine.slice(4), 'old')),
    ...(newLine.startsWith('+++ ') ? spellingsOf(headerName(newLine.slice(4), 'new')) : []),
  ];
  return (
    known.length > 0 &&
    named.length > 0 &&
    !named.some((name) => known.some((other) => endAlike(name, other)))
  );
}

function readFirstLine(header: Draft, line: string): void {
  if (line.startsWith('Index: ')) {
    header.old = headerName(line.slice(7), 'old');
    header.new = header.old;
    return;
  }
  const names = gitLineNames(line.slice(11));
  if (names === null) return;
  header.old = headerName(names[0], 'old');
  header.new = headerName(names[1], 'new');
}

/** Blank and `=====` lines between the parts of a header. */
function isLayout(answer: readonly string[], at: number): boolean {
  const line = answer[at] ?? '';
  if (/^=+\s*$/.test(line)) return true;
  const next = answer[at + 1] ?? '';
  return line.trim() === '' && (next.startsWith('--- ') || next.startsWith('+++ ') || isHunkHeader(next));
}

const EXTENDED: readonly (readonly [RegExp, (header: Draft, value: string) => void])[] = [
  [/^old mode (\d+)/, () => {}],
  [/^new mode (\d+)/, (header, value) => (header.newMode = value)],
  [/^new file mode (\d+)/, (header, value) => (header.createdMode = value)],
  [/^deleted file mode (\d+)/, (header, value) => (header.deletedMode = value)],
  [/^rename from (.+)/, (header, value) => (header.renameFrom = cleanName(value))],
  [/^rename to (.+)/, (header, value) => (header.renameTo = cleanName(value))],
  [/^copy from (.+)/, (header, value) => ((header.isCopy = true), (header.renameFrom = cleanName(value)))],
  [/^copy to (.+)/, (header, value) => (header.renameTo = cleanName(value))],
  [/^(?:dis)?similarity index (\d+)%/, (header, value) => (header.similarity = Number(value))],
  [/^index [0-9a-f]+\.\.([0-9a-f]+)/i, (header, value) => (header.newObject = value)],
  [/^(Binary files .*|GIT binary patch)\s*$/, (header) => (header.binary = true)],
];

function readExtended(header: Draft, line: string): boolean {
  for (const [pattern, take] of EXTENDED) {
    const found = pattern.exec(line);
    if (found === null) continue;
    take(header, found[1] ?? '');
    return true;
  }
  return false;
}
