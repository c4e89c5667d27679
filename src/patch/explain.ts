import { newSide, oldSide } from './hunk-sides.ts';
import { splitFile } from './source-file.ts';
import type { Hunk, Refusal, RefusalCode, Tree } from './types.ts';

/** Bounds of what goes back to a model, so that a refusal never costs more than the diff did. */
const MAX_REFUSALS = 8;
const MAX_LINE_CHARS = 300;
const MAX_HUNK_LINES = 40;
const AROUND = 8;
const MAX_PLACES = 3;
const MAX_TEXT_CHARS = 16_000;

const WHAT: Readonly<Record<RefusalCode, string>> = {
  'no-diff': 'The answer contains no diff.',
  truncated: 'The answer was cut off before the diff ended.',
  malformed: 'The diff cannot be read here.',
  'unsafe-path': 'This path must not be touched.',
  binary: 'Binary files cannot be changed by a diff.',
  unsupported: 'This kind of change is not supported.',
  'file-missing': 'The file does not exist.',
  'file-exists': 'The file exists already.',
  'path-unclear': 'It is not clear which file is meant.',
  'not-found': 'The lines of the hunk do not stand in the file.',
  ambiguous: 'The hunk fits in more than one place.',
  'no-context': 'The hunk has no lines by which its place could be found.',
  overlap: 'The hunk changes lines that another hunk changes differently.',
  'delete-mismatch': 'The file has more lines than the hunk that deletes it shows.',
  'unclear-text':
    'The hunk fits, but the added text can be read in two ways because spaces or characters differ from the file.',
  'unclear-line-ends':
    'The hunk fits, but lines around it end differently (LF and CRLF), so the added line ends are unknown.',
  'too-much-work': 'This takes too much work: it has too many parts, or lines that repeat too often.',
};

const REMEDY: Readonly<Record<RefusalCode, string>> = {
  'no-diff': 'Answer with a unified diff: --- a/path, +++ b/path, @@, then the lines.',
  truncated: 'Send the rest again from the hunk named here, in a shorter answer.',
  malformed: 'Write this part again as a plain unified diff.',
  'unsafe-path': 'Use a path relative to the repository, without .., outside .git, not through a link.',
  binary: 'Leave this file out.',
  unsupported: 'Leave this part out.',
  'file-missing': 'Check the path. For a new file use --- /dev/null and only added lines.',
  'file-exists': 'Read the file and send a diff against what stands in it.',
  'path-unclear':
    'Name the file in --- a/path and +++ b/path; state a rename with rename from and rename to.',
  'not-found':
    'Write this hunk again with the context copied from the current lines; a new line needs its +.',
  ambiguous: 'Write this hunk again with more lines of context, enough to make the place unique.',
  'no-context': 'Write this hunk again with at least one unchanged line above and below.',
  overlap: 'Write both changes as one hunk against the current file.',
  'delete-mismatch': 'To delete the file show all its lines, or state deleted file mode without a hunk.',
  'unclear-text':
    'Write this hunk again with context and removed lines copied exactly from the current lines.',
  'unclear-line-ends': 'Write this hunk again next to lines that all end the same way.',
  'too-much-work': 'Write fewer parts at once, each with context that is not repeated.',
};

/**
 * What to send back to the model: which hunk to write again, why, and the lines that stand there now. Bounded
 * in size. File content in it is data of the repository: the caller fences it as such.
 */
export function explainToModel(refusals: readonly Refusal[], tree: Tree): string {
  const parts = refusals.slice(0, MAX_REFUSALS).map((refused) => explainOne(refused, tree));
  const rest = refusals.length - parts.length;
  if (rest > 0) parts.push(`${rest} more parts were refused; they are told after these are settled.`);
  const intro = 'The patch was not applied. Send only the parts named here again; the others are kept.';
  const text = [intro, ...parts].join('\n\n');
  return text.length <= MAX_TEXT_CHARS ? text : `${text.slice(0, MAX_TEXT_CHARS)}\n[cut]`;
}

/** One or two sentences a refusal, for a log or a comment. */
export function explainToPerson(refusals: readonly Refusal[]): string {
  const lines = refusals.slice(0, MAX_REFUSALS).map((refused) => {
    const detail = refused.detail === null ? '' : ` (${refused.detail})`;
    return `${whereOf(refused)}: ${WHAT[refused.code]}${detail}${evidence(refused)}`;
  });
  const rest = refusals.length - lines.length;
  return [...lines, ...(rest > 0 ? [`… and ${rest} more.`] : [])].join('\n');
}

function explainOne(refused: Refusal, tree: Tree): string {
  const detail = refused.detail === null ? '' : ` (${refused.detail})`;
  const parts = [
    `## ${whereOf(refused)} [${refused.code}]`,
    `${WHAT[refused.code]}${detail}${evidence(refused)}`,
    REMEDY[refused.code],
  ];
  if (refused.hunk !== null) parts.push(`Your hunk:\n${hunkText(refused.hunk)}`);
  const current = currentLines(refused, tree);
  if (current !== '') parts.push(`Current lines:\n${current}`);
  return parts.join('\n');
}

function whereOf({ path, hunkNumber }: Refusal): string {
  const file = path === null ? 'The answer' : shorten(printable(path));
  return hunkNumber === null ? file : `${file}, hunk ${hunkNumber}`;
}

function evidence({ matches, places, line, expected, found, level }: Refusal): string {
  if (matches > 1)
    return ` ${matches} places match (level ${level}): lines ${places.join(', ')}${matches > places.length ? ', …' : ''}.`;
  if (expected === null) return '';
  if (line === null) return ` Nothing in the file is like it; the hunk starts with: ${quote(expected)}`;
  const stands = found === null ? 'the file ends there' : `there stands: ${quote(found)}`;
  return ` First difference at line ${line}: the hunk has ${quote(expected)}, ${stands}`;
}

function quote(text: string): string {
  return JSON.stringify(shorten(text));
}

function shorten(text: string): string {
  return text.length <= MAX_LINE_CHARS ? text : `${text.slice(0, MAX_LINE_CHARS)}…`;
}

function printable(path: string): string {
  // oxlint-disable-next-line no-control-regex
  return path.replace(/[\u0000-\u001f\u007f]/g, '?');
}

const PREFIX = { context: ' ', remove: '-', add: '+' } as const;

function hunkText({ lines }: Hunk): string {
  const shown = lines.slice(0, MAX_HUNK_LINES).map((line) => PREFIX[line.kind] + shorten(line.text));
  if (lines.length > shown.length) shown.push(`[${lines.length - shown.length} more lines]`);
  return shown.join('\n');
}

/** The file's lines at the nearest miss or at each place that matched, with their numbers. */
function currentLines(refused: Refusal, tree: Tree): string {
  const file = refused.path === null ? undefined : tree.get(refused.path);
  if (file === undefined || refused.hunk === null) return '';
  const { lines } = splitFile(file.text);
  const centres =
    refused.places.length > 0 ? refused.places.slice(0, MAX_PLACES) : [refused.line ?? refused.hunk.oldStart];
  const height = Math.min(
    MAX_HUNK_LINES,
    Math.max(oldSide(refused.hunk.lines).length, newSide(refused.hunk.lines).length),
  );
  const excerpts = centres.flatMap((centre) => {
    if (centre === null || centre > lines.length + AROUND) return [];
    const from = Math.max(0, centre - 1 - AROUND);
    const shown = lines.slice(from, centre - 1 + height + AROUND);
    return [shown.map((line, at) => `${from + at + 1}| ${shorten(line)}`).join('\n')];
  });
  return excerpts.join('\n…\n');
}
