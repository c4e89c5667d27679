import {
  eachHunk,
  hasMarkers,
  ifChanged,
  mapTexts,
  type Draft,
  type Mutated,
  type Mutation,
} from './draft.ts';
import { printDiff, printFile, withBody, type RawHunk } from './raw-diff.ts';
import type { Random } from './random.ts';

/**
 * Diffs that are wrong or open. Where a truth is known, arriving at it is right too; anything else applied is
 * wrong.
 */
export const refuseMutations: Readonly<Record<string, Mutation>> = {
  'two places fit': (draft) => twofold(draft, bare(draft)),
  'two places fit, numbers point between': (draft, random) =>
    twofold(
      draft,
      printDiff(
        eachHunk(draft, (hunk) => ({ ...hunk, heading: '', oldStart: hunk.oldStart + 3 + random.below(5) })),
      ),
    ),
  'cut in a hunk': (draft, random) => cut(draft, random, false),
  'cut in a line': (draft, random) => cut(draft, random, true),
  'cut, and the stop reason says so': (draft, random) => {
    const made = cut(draft, random, false);
    return made === null ? null : { ...made, truncated: true };
  },
  'a + forgotten': (draft, random) =>
    spoilOne(
      draft,
      random,
      (line) => line.startsWith('+') && /\w/.test(line),
      (line) => [` ${line.slice(1)}`],
    ),
  'a removed line left out': (draft, random) =>
    spoilOne(
      draft,
      random,
      (line, at, body) => /^-.*\w/.test(line) && isInside(body, at),
      () => [],
    ),
  'a context line left out beside an insertion': (draft) =>
    ifChanged(draft, eachHunk(draft, withoutContextAtInsertion)),
  'a context line invented': (draft, random) =>
    spoilOne(
      draft,
      random,
      (line) => line.startsWith(' ') && /\w/.test(line),
      (line) => [line, ' const invented = somethingElse();'],
    ),
  'a word changed in context': (draft, random) =>
    spoilOne(
      draft,
      random,
      (line) => /^ .*\w{4}/.test(line),
      (line) => [line.replace(/\w{4}/, 'othe')],
    ),
  'a word changed in a removed line': (draft, random) =>
    spoilOne(
      draft,
      random,
      (line) => /^-.*\w{4}/.test(line),
      (line) => [line.replace(/\w{4}/, 'othe')],
    ),
  'no context and wrong numbers': (draft, random) => {
    const only = draft.diff.map((file) => ({
      ...file,
      hunks: file.hunks.map((hunk) => insertionOnly(hunk, random)).filter((hunk) => hunk !== null),
    }));
    return only.every(({ hunks }) => hunks.length > 0) ? { answer: printDiff(only) } : null;
  },
  'two hunks change one line differently': clash,
  'meant for another file': (draft) => {
    const [file] = draft.diff;
    const wanted = file?.hunks.flatMap(({ body }) => body).filter((line) => /^[ -].*\w/.test(line)) ?? [];
    // Not a copy, where the hunks would rightly fit.
    const other = Object.entries(draft.files).find(([path, text]) => {
      const known = wanted.filter((line) => text.includes(line.slice(1)));
      return draft.diff.every((each) => each.path !== path) && known.length * 2 < wanted.length;
    })?.[0];
    if (file === undefined || other === undefined) return null;
    return {
      answer: printFile({ ...file, extended: [], oldLine: `--- a/${other}`, newLine: `+++ b/${other}` }),
      after: null,
    };
  },
  'file does not exist': (draft) => renamedHeader(draft, () => 'no/such/file-at-all.js'),
  'new file over an existing one': (draft) => {
    const [file] = draft.diff;
    return file === undefined
      ? null
      : { answer: `--- /dev/null\n+++ b/${file.path}\n@@ -0,0 +1,2 @@\n+first\n+second\n`, after: null };
  },
  'deleted, but not all lines shown': (draft) => {
    const [file] = draft.diff;
    if (file === undefined) return null;
    const shown = (draft.files[file.path] ?? '').split('\n').slice(0, 3);
    const answer = `--- a/${file.path}\n+++ /dev/null\n@@ -1,3 +0,0 @@\n${shown.map((line) => `-${line}\n`).join('')}`;
    return (draft.files[file.path] ?? '').split('\n').length > 8 ? { answer, after: null } : null;
  },
  'path leaves the tree': (draft, random) =>
    unsafe(draft, random.pick(['../outside.js', '../../etc/passwd', 'lib/../../x.js', 'a/../../b'])),
  'absolute path': (draft, random) =>
    unsafe(draft, random.pick(['/etc/passwd', '/tmp/x.js', 'C:/x.js', 'c:\\x.js', '\\\\host\\x'])),
  'path in .git': (draft, random) =>
    unsafe(
      draft,
      random.pick(['.git/hooks/pre-commit', '.GIT/config', 'sub/.Git/config', '.git\u200b/x', '.git./x']),
    ),
  'link out of the tree': (draft, random) => {
    const target = random.pick(['/etc/passwd', '../../secret', '../..', '.git/config']);
    return {
      answer: `diff --git a/link b/link\nnew file mode 120000\n--- /dev/null\n+++ b/link\n@@ -0,0 +1 @@\n+${target}\n\\ No newline at end of file\n`,
      files: draft.files,
      after: null,
    };
  },
  'binary patch': (draft) => ({
    answer: `diff --git a/x.png b/x.png\nindex 1111111..2222222 100644\nGIT binary patch\nliteral 3\nKcmZQzU|?imU|;|M00aO5\n\n${printDiff(draft.diff)}`,
    after: null,
  }),
  'no diff at all': (_, random) => ({
    answer: random.pick([
      '',
      '\n\n',
      'I looked at it and nothing has to change.\n- the parser is fine\n',
      '```js\nlet a = 1;\n```\n',
    ]),
    after: null,
  }),
};

/** Every changed file holds its text twice. */
function twofold(draft: Draft, answer: string): Mutated | null {
  if (draft.diff.some(({ path }) => draft.files[path]?.endsWith('\n') !== true)) return null;
  // In a short file a wrong number could be the right one for the second copy.
  if (draft.diff.some(({ path }) => (draft.files[path] ?? '').split('\n').length < 12)) return null;
  return { answer, files: mapTexts(draft, draft.files, (text) => text + text), after: null };
}

function bare(draft: Draft): string {
  return draft.diff
    .map(
      (file) =>
        `${file.oldLine}\n${file.newLine}\n${file.hunks.map(({ body }) => `@@\n${body.join('\n')}\n`).join('')}`,
    )
    .join('');
}

/** Cuts somewhere in the last hunk. Cut behind its last change, nothing is lost and the truth may be reached. */
function cut(draft: Draft, random: Random, midLine: boolean): Mutated | null {
  if (hasMarkers(draft)) return null;
  const text = printDiff(draft.diff);
  const start = text.lastIndexOf('\n@@ ') + 1;
  const bodyStart = text.indexOf('\n', start) + 1;
  const at = bodyStart + random.below(Math.max(1, text.length - bodyStart - 1));
  if (midLine) return text[at - 1] === '\n' ? null : { answer: text.slice(0, at) };
  const lineEnd = text.lastIndexOf('\n', at) + 1;
  return lineEnd <= bodyStart ? null : { answer: text.slice(0, lineEnd) };
}

function spoilOne(
  draft: Draft,
  random: Random,
  fits: (line: string, at: number, body: readonly string[]) => boolean,
  change: (line: string) => readonly string[],
): Mutated | null {
  const places = draft.diff.flatMap(({ hunks }, file) =>
    hunks.flatMap(({ body }, hunk) =>
      body.flatMap((line, at) => (fits(line, at, body) ? [[file, hunk, at] as const] : [])),
    ),
  );
  if (places.length === 0) return null;
  const [file, hunk, at] = random.pick(places);
  const diff = draft.diff.map((each, fileAt) => ({
    ...each,
    hunks: each.hunks.map((one, hunkAt) =>
      fileAt === file && hunkAt === hunk
        ? withBody(
            one,
            one.body.flatMap((line, lineAt) => (lineAt === at ? change(line) : [line])),
          )
        : one,
    ),
  }));
  return ifChanged(draft, diff);
}

/** Whether lines of the file stand above and below in the hunk. */
function isInside(body: readonly string[], at: number): boolean {
  return [body.slice(0, at), body.slice(at + 1)].every((part) => part.some((line) => line.startsWith(' ')));
}

/** Leaves out the context line directly above an insertion, so that it could go above or below that line. */
function withoutContextAtInsertion(hunk: RawHunk): RawHunk {
  const { body } = hunk;
  const at = body.findIndex(
    (line, row) =>
      line.startsWith('+') &&
      row > 1 &&
      body[row - 1]?.startsWith(' ') === true &&
      body[row - 2]?.startsWith(' ') === true &&
      nextOld(body, row).startsWith(' '),
  );
  return at < 0
    ? hunk
    : withBody(
        hunk,
        body.filter((_, row) => row !== at - 1),
      );
}

function nextOld(body: readonly string[], from: number): string {
  return body.slice(from).find((line) => !line.startsWith('+')) ?? '';
}

function insertionOnly(hunk: RawHunk, random: Random): RawHunk | null {
  const added = hunk.body.filter((line) => line.startsWith('+'));
  if (added.length === 0 || hunk.body.some((line) => line.startsWith('-'))) return null;
  return withBody({ ...hunk, heading: '', oldStart: hunk.oldStart + 1 + random.below(9) }, added);
}

function clash(draft: Draft): Mutated | null {
  const [file] = draft.diff;
  const hunk = file?.hunks.find(
    ({ body }) => body.some((line) => line.startsWith('+')) && body.some((line) => line.startsWith('-')),
  );
  if (file === undefined || hunk === undefined) return null;
  const other = withBody(
    hunk,
    hunk.body.map((line) => (line.startsWith('+') ? `${line} // other` : line)),
  );
  return { answer: printFile({ ...file, hunks: [hunk, other] }), after: null };
}

function renamedHeader(draft: Draft, name: (path: string) => string): Mutated {
  const diff = draft.diff.map((file) => ({
    ...file,
    extended: [],
    oldLine: `--- a/${name(file.path)}`,
    newLine: `+++ b/${name(file.path)}`,
  }));
  return { answer: printDiff(diff), after: null };
}

function unsafe(draft: Draft, path: string): Mutated {
  return {
    answer: `${printDiff(draft.diff)}--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+owned\n`,
    after: null,
  };
}
