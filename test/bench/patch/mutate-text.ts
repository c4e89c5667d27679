import {
  eachHunk,
  eachLine,
  hasMarkers,
  ifChanged,
  mapTexts,
  type Draft,
  type Mutated,
  type Mutation,
} from './draft.ts';
import { printDiff, type RawHunk } from './raw-diff.ts';
import type { Random } from './random.ts';

/** Spaces, characters and line ends: what the body says is right, how it is spelled is not. */
export const textMutations: Readonly<Record<string, Mutation>> = {
  'blank context without its space': (draft) =>
    ifChanged(
      draft,
      eachLine(draft, (line) => (line === ' ' ? '' : line)),
    ),
  'one context line lost its prefix': (draft, random) =>
    ifChanged(
      draft,
      eachHunk(draft, (hunk) => onOneLine(hunk, random, isWordyContext, (line) => line.slice(1))),
    ),
  'all context lost its prefix': (draft) =>
    ifChanged(
      draft,
      eachLine(draft, (line) => (isWordyContext(line) ? line.slice(1) : line)),
    ),
  'spaces at the end of context': (draft, random) =>
    ifChanged(
      draft,
      eachLine(draft, (line) => (line.startsWith(' ') && random.chance(0.5) ? `${line}  ` : line)),
    ),
  'file has spaces at line ends, diff not': fileWithTrailingSpace,
  'curly quotes': (draft) => spelled(draft, curly),
  'curly quotes in context only': (draft) =>
    ifChanged(
      draft,
      eachLine(draft, (line) => (line.startsWith(' ') ? curly(line) : line)),
    ),
  'a Cyrillic letter in context': (draft, random) =>
    ifChanged(
      draft,
      eachHunk(draft, (hunk) =>
        onOneLine(
          hunk,
          random,
          (line) => isWordyContext(line) && /[aeo]/.test(line),
          (line) => line.replace('a', 'а').replace('e', 'е').replace('o', 'о'),
        ),
      ),
    ),
  'no-break spaces in context': (draft) =>
    ifChanged(
      draft,
      eachLine(draft, (line) =>
        line.startsWith(' ') ? ` ${line.slice(1).replaceAll('  ', '\u00a0 ')}` : line,
      ),
    ),
  'zero-width spaces': (draft, random) =>
    ifChanged(
      draft,
      eachHunk(draft, (hunk) => onOneLine(hunk, random, isWordyContext, (line) => `${line}\u200b`)),
    ),
  'dashes for hyphens in context': (draft) =>
    ifChanged(
      draft,
      eachLine(draft, (line) => (line.startsWith(' ') ? line.replaceAll(' - ', ' – ') : line)),
    ),
  'composed in the file, decomposed in the diff': (draft) => composed(draft, 'NFC', 'NFD'),
  'decomposed in the file, composed in the diff': (draft) => composed(draft, 'NFD', 'NFC'),
  'tabs in the file, four spaces in the diff': (draft) =>
    tabbed(draft, (text) => text.replaceAll('\t', '    ')),
  'tabs in the file, two spaces in the diff': (draft) => tabbed(draft, (text) => text.replaceAll('\t', '  ')),
  'spaces in the file, tabs in the diff': tabsForSpaces,
  'indentation lost': (draft) => ifChanged(draft, eachHunk(draft, dedented)),
  'indented too far': (draft, random) => {
    const by = random.pick(['  ', '    ', '\t']);
    return ifChanged(
      draft,
      eachLine(draft, (line) =>
        line.slice(1).trim() === '' || line.startsWith('\\') ? line : line.charAt(0) + by + line.slice(1),
      ),
    );
  },
  'two spaces inside context lines': (draft) =>
    ifChanged(
      draft,
      eachLine(draft, (line) => (isWordyContext(line) ? line.replace(/(\S) (?=\S)/, '$1  ') : line)),
    ),
  'one context line indented otherwise': (draft, random) =>
    ifChanged(
      draft,
      eachHunk(draft, (hunk) =>
        onOneLine(hunk, random, isWordyContext, (line, at) => (besideChange(hunk, at) ? line : `  ${line}`)),
      ),
    ),
  'answer with CRLF': (draft) => ({ answer: printDiff(draft.diff).replaceAll('\n', '\r\n') }),
  'CRLF in the file, LF in the diff': (draft) => inFile(draft, (text) => text.replaceAll('\n', '\r\n')),
  'CRLF in file and answer': (draft) => ({
    ...inFile(draft, (text) => text.replaceAll('\n', '\r\n')),
    answer: printDiff(draft.diff).replaceAll('\n', '\r\n'),
  }),
  'CRLF in the file, kept by the diff': (draft) =>
    hasMarkers(draft)
      ? null
      : {
          ...inFile(draft, (text) => text.replaceAll('\n', '\r\n')),
          answer: printDiff(eachLine(draft, (line) => `${line}\r`)),
        },
  'line ends differ inside the file': mixedLineEnds,
  'byte order mark in the file': (draft) => inFile(draft, (text) => `\uFEFF${text}`),
  'byte order mark before the answer': (draft) => ({ answer: `\uFEFF${printDiff(draft.diff)}` }),
  'no newline at the end, no marker': noFinalNewline,
};

function isWordyContext(line: string): boolean {
  return line.startsWith(' ') && /\w/.test(line);
}

function besideChange({ body }: RawHunk, at: number): boolean {
  return [body[at - 1], body[at + 1]].some((line) => line !== undefined && !line.startsWith(' '));
}

function onOneLine(
  hunk: RawHunk,
  random: Random,
  fits: (line: string) => boolean,
  change: (line: string, at: number) => string,
): RawHunk {
  const fitting = hunk.body.flatMap((line, at) => (fits(line) ? [at] : []));
  if (fitting.length === 0) return hunk;
  const chosen = random.pick(fitting);
  return { ...hunk, body: hunk.body.map((line, at) => (at === chosen ? change(line, at) : line)) };
}

function inFile(draft: Draft, change: (text: string) => string): Mutated {
  return {
    answer: printDiff(draft.diff),
    files: mapTexts(draft, draft.files, change),
    after: mapTexts(draft, draft.after, change),
  };
}

function curly(line: string): string {
  let open = false;
  return line.replace(/["']/g, (quote) => {
    if (quote === "'") return '’';
    open = !open;
    return open ? '“' : '”';
  });
}

/** A respelling of the whole diff; only where every respelled character of an added line also stands in the file. */
function spelled(draft: Draft, change: (line: string) => string): Mutated | null {
  const oldLines = draft.diff.flatMap(({ hunks }) => hunks).map(({ body }) => body);
  const known = oldLines.every((body) => {
    const kinds = (prefixes: string): ReadonlySet<string> =>
      new Set(
        body
          .filter((line) => prefixes.includes(line.charAt(0)))
          .flatMap((line) => [...change(line)].filter((character) => !line.includes(character))),
      );
    const old = kinds(' -');
    return [...kinds('+')].every((character) => old.has(character));
  });
  return known ? ifChanged(draft, eachLine(draft, change)) : null;
}

function composed(draft: Draft, inText: 'NFC' | 'NFD', inDiff: 'NFC' | 'NFD'): Mutated | null {
  const accented = (text: string): string => text.replaceAll('ion', 'ión').replaceAll('ate', 'àte');
  const diff = eachLine(draft, (line) => (line.startsWith('\\') ? line : accented(line).normalize(inDiff)));
  const spell = (text: string): string => accented(text).normalize(inText);
  const oldHas = draft.diff.every(({ hunks }) =>
    hunks.every(({ body }) => body.some((line) => /^[ -].*(?:ion|ate)/.test(line))),
  );
  if (!oldHas) return null;
  return {
    answer: printDiff(diff),
    files: mapTexts(draft, draft.files, spell),
    after: mapTexts(draft, draft.after, spell),
  };
}

/** The file indented by tabs instead of two spaces; its diff as the function makes it. */
function tabbed(draft: Draft, change: (text: string) => string): Mutated | null {
  const tabs = (line: string): string =>
    line.replace(/^(?: {2})+/, (indent) => '\t'.repeat(indent.length / 2));
  const text = (whole: string): string => whole.split('\n').map(tabs).join('\n');
  const diff = eachLine(draft, (line) =>
    line.startsWith('\\') ? line : line.charAt(0) + change(tabs(line.slice(1))),
  );
  const hasTabs = draft.diff.every(({ hunks }) =>
    hunks.every(({ body }) => body.some((line) => /^[ -] {2,}\S/.test(line))),
  );
  return hasTabs
    ? {
        answer: printDiff(diff),
        files: mapTexts(draft, draft.files, text),
        after: mapTexts(draft, draft.after, text),
      }
    : null;
}

/** Only where every hunk that adds a tab also shows one in a line the file has: else it could be meant. */
function tabsForSpaces(draft: Draft): Mutated | null {
  const diff = eachLine(
    draft,
    (line) =>
      line.charAt(0) + line.slice(1).replace(/^(?: {4})+/, (indent) => '\t'.repeat(indent.length / 4)),
  );
  const shown = diff.every(({ hunks }) =>
    hunks.every(
      ({ body }) => !body.some((line) => line.startsWith('+\t')) || body.some((line) => /^[ -]\t/.test(line)),
    ),
  );
  return shown ? ifChanged(draft, diff) : null;
}

function dedented(hunk: RawHunk): RawHunk {
  const wordy = hunk.body.filter((line) => !line.startsWith('\\') && line.slice(1).trim() !== '');
  const depth = Math.min(...wordy.map((line) => line.slice(1).search(/[^ ]/)));
  if (!Number.isFinite(depth) || depth === 0) return hunk;
  return {
    ...hunk,
    body: hunk.body.map((line) => (wordy.includes(line) ? line.charAt(0) + line.slice(1 + depth) : line)),
  };
}

/** Every fifth line that no hunk removes or adds ends in spaces, in tree and truth. */
function fileWithTrailingSpace(draft: Draft): Mutated {
  const changed = new Set(
    draft.diff.flatMap(({ hunks }) =>
      hunks.flatMap(({ body }) => body.filter((line) => !line.startsWith(' ')).map((line) => line.slice(1))),
    ),
  );
  const spaced = (text: string): string =>
    text
      .split('\n')
      .map((line) => (!changed.has(line) && line.length % 5 === 0 && line !== '' ? `${line}  ` : line))
      .join('\n');
  return inFile(draft, spaced);
}

/** The first half of each file ends its lines with CRLF; only where no hunk comes near the border. */
function mixedLineEnds(draft: Draft): Mutated | null {
  const files = { ...draft.files };
  const after = { ...draft.after };
  for (const { path, hunks } of draft.diff) {
    const lines = (draft.files[path] ?? '').split('\n');
    const border = Math.floor(lines.length / 2);
    if (hunks.some((hunk) => hunk.oldStart - 2 <= border && hunk.oldStart + hunk.oldCount + 2 >= border))
      return null;
    const shift = hunks
      .filter((hunk) => hunk.oldStart < border)
      .reduce((sum, hunk) => sum + hunk.newCount - hunk.oldCount, 0);
    const end = (text: string, rows: number): string =>
      text
        .split('\n')
        .map((line, at) => (at < rows ? `${line}\r` : line))
        .join('\n');
    files[path] = end(draft.files[path] ?? '', border);
    after[path] = end(draft.after[path] ?? '', border + shift);
  }
  return { answer: printDiff(draft.diff), files, after };
}

/** Only where the file's end survives in context or is replaced: a deleted end leaves the newline open. */
function noFinalNewline(draft: Draft): Mutated | null {
  const touches = draft.diff.every(({ path, hunks }) => {
    const last = hunks.at(-1);
    const count = (draft.files[path] ?? '').split('\n').length - 1;
    return (
      last !== undefined &&
      last.oldStart + last.oldCount - 1 >= count &&
      !last.body.some((line) => line.startsWith('\\')) &&
      last.body.at(-1)?.startsWith('-') !== true
    );
  });
  return touches ? inFile(draft, (text) => (text.endsWith('\n') ? text.slice(0, -1) : text)) : null;
}
