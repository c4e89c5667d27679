import type { LinePair } from './spelling.ts';

/** Re-indents a line the model wrote into the file's indentation; null when that cannot be done. */
export type Shift = (line: string) => string | null;

export const noShift: Shift = (line) => line;

const TAB_WIDTHS = [4, 2, 8, 3];

function indentOf(line: string): string {
  return /^[^\S\r\n]*/.exec(line)?.[0] ?? '';
}

/**
 * The one shift that turns the indentation of every written line into that of the line found for it: nothing,
 * a fixed prefix more or less, or tabs for spaces. Blank lines say nothing. Null when there is no single one.
 */
export function uniformShift(pairs: readonly LinePair[]): Shift | null {
  const indents = pairs
    .filter(({ written }) => written.trim() !== '')
    .map(({ written, found }) => ({ written: indentOf(written), found: indentOf(found) }));
  const [first] = indents;
  if (first === undefined) return null;
  if (indents.every(({ written, found }) => written === found)) return noShift;
  const prefix = prefixShift(first.written, first.found);
  const shifts = [
    ...(prefix === null ? [] : [prefix]),
    ...TAB_WIDTHS.flatMap((width) => [toTabs(width), toSpaces(width)]),
  ];
  return (
    shifts.find((shift) => indents.every(({ written, found }) => shift(`${written}x`) === `${found}x`)) ??
    null
  );
}

/** A line of nothing but spaces may have been shifted or not: nobody can know. */
function prefixShift(written: string, found: string): Shift | null {
  const unclear = (line: string): boolean => line !== '' && line.trim() === '';
  if (found.endsWith(written)) {
    const prefix = found.slice(0, found.length - written.length);
    return (line) => (unclear(line) ? null : line === '' ? '' : prefix + line);
  }
  if (!written.endsWith(found)) return null;
  const prefix = written.slice(0, written.length - found.length);
  return (line) => {
    if (line === '' || unclear(line)) return line === '' ? '' : null;
    return line.startsWith(prefix) ? line.slice(prefix.length) : null;
  };
}

function toTabs(width: number): Shift {
  const unit = ' '.repeat(width);
  return (line) => {
    const indent = indentOf(line);
    return indent.replaceAll(unit, '\t') + line.slice(indent.length);
  };
}

function toSpaces(width: number): Shift {
  const unit = ' '.repeat(width);
  return (line) => {
    const indent = indentOf(line);
    return indent.replaceAll('\t', unit) + line.slice(indent.length);
  };
}

/** So many lines shifted alike leave no doubt that everything was, unless by one column: a prefix too many. */
const SURE_LINES = 3;

/**
 * Whether the added lines were written in the model's indentation, as the matched lines were, and not in the
 * file's: only then may they be shifted. With few lines the shallowest added one tells; deeper ones may be
 * nested anew.
 */
export function addsShareIndent(added: readonly string[], pairs: readonly LinePair[]): boolean {
  const shallowest = shallowestIndent(added);
  if (shallowest === null) return true;
  const told = pairs.filter(({ written }) => written.trim() !== '');
  const byOneColumn = told.some(
    ({ written, found }) => Math.abs(indentOf(written).length - indentOf(found).length) === 1,
  );
  if (told.length >= SURE_LINES && !byOneColumn) return true;
  return hasIndent(told, 'written', shallowest) || !hasIndent(told, 'found', shallowest);
}

/** The opposite: the added lines were written in the file's indentation although the matched lines were not. */
export function addsStandInFile(added: readonly string[], pairs: readonly LinePair[]): boolean {
  const shallowest = shallowestIndent(added);
  if (shallowest === null) return true;
  const told = pairs.filter(({ written }) => written.trim() !== '');
  return (
    hasIndent(told, 'found', shallowest) &&
    !told.every(({ written, found }) => written !== found && indentOf(written) === shallowest)
  );
}

function shallowestIndent(lines: readonly string[]): string | null {
  const indents = lines.filter((line) => line.trim() !== '').map(indentOf);
  return indents.reduce<string | null>(
    (least, indent) => (least !== null && least.length <= indent.length ? least : indent),
    null,
  );
}

function hasIndent(pairs: readonly LinePair[], side: keyof LinePair, indent: string): boolean {
  return pairs.some((pair) => indentOf(pair[side]) === indent);
}
