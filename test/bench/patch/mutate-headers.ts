import { eachHunk, ifChanged, type Draft, type Mutation } from './draft.ts';
import { printDiff, printHunk, type RawFile, type RawHunk } from './raw-diff.ts';

/** Everything above the body: numbers, counts, names. */
export const headerMutations: Readonly<Record<string, Mutation>> = {
  untouched: (draft) => ({ answer: printDiff(draft.diff) }),
  'counts too small': (draft, random) => counts(draft, () => -1 - random.below(3)),
  'counts too large': (draft, random) => counts(draft, () => 1 + random.below(2)),
  'counts off in one side': (draft, random) =>
    ifChanged(
      draft,
      eachHunk(draft, (hunk) => ({ ...hunk, newCount: Math.max(0, hunk.newCount + random.below(5) - 2) })),
    ),
  'counts missing': (draft) =>
    headers(draft, ({ oldStart, newStart, heading }) => `@@ -${oldStart} +${newStart} @@ ${heading}`),
  'numbers off by a few': (draft, random) => numbers(draft, () => random.below(7) - 3),
  'numbers off by many': (draft, random) => numbers(draft, () => random.below(400) - 100),
  'numbers off, each hunk otherwise': (draft, random) => numbers(draft, () => random.below(60) - 30, true),
  'numbers all one': (draft) =>
    ifChanged(
      draft,
      eachHunk(draft, (hunk) => ({ ...hunk, oldStart: 1, newStart: 1 })),
    ),
  'bare @@': (draft) => headers(draft, () => '@@'),
  '@@ @@': (draft) => headers(draft, () => '@@ @@'),
  '@@ ... @@': (draft) => headers(draft, () => '@@ ... @@'),
  '@@ -,+ @@ placeholders': (draft) => headers(draft, () => '@@ -X,Y +X,Y @@'),
  '@@ heading only': (draft) => headers(draft, ({ heading }) => (heading === '' ? '@@' : `@@ ${heading}`)),
  'existing file as -0,0': (draft) => headers(draft, ({ newCount }) => `@@ -0,0 +1,${newCount} @@`),
  'existing file as /dev/null': (draft) => names(draft, ({ newLine }) => ['--- /dev/null', newLine]),
  'no a/ b/': (draft) => names(draft, ({ path }) => [`--- ${path}`, `+++ ${path}`]),
  'a/ b/ on one side': (draft) => names(draft, ({ path }) => [`--- a/${path}`, `+++ ${path}`]),
  'a/ b/ swapped': (draft) => names(draft, ({ path }) => [`--- b/${path}`, `+++ a/${path}`]),
  'a/ twice': (draft) => names(draft, ({ path }) => [`--- a/${path}`, `+++ a/${path}`]),
  './ before the path': (draft) => names(draft, ({ path }) => [`--- ./${path}`, `+++ ./${path}`]),
  'old and new folders': (draft) => names(draft, ({ path }) => [`--- ${path}.orig`, `+++ ${path}`]),
  'a folder too many': (draft) =>
    names(draft, ({ path }) => [`--- a/project/${path}`, `+++ b/project/${path}`]),
  'a folder too few': (draft) => {
    const shorten = (path: string): string => path.split('/').slice(1).join('/');
    if (!draft.diff.every(({ path }) => onlyOneEnds(draft, shorten(path)))) return null;
    return names(draft, ({ path }) => [`--- a/${shorten(path)}`, `+++ b/${shorten(path)}`]);
  },
  timestamps: (draft) =>
    names(draft, ({ path }) => [
      `--- a/${path}\t2024-03-01 10:00:00.000000000 +0100`,
      `+++ b/${path}\t2024-03-02 11:30:00.000000000 +0100`,
    ]),
  'Index: headers': (draft) => ({
    answer: draft.diff
      .map(
        (file) =>
          `Index: ${file.path}\n${'='.repeat(67)}\n${plain(file, [`--- ${file.path}\t(revision 7)`, `+++ ${file.path}\t(working copy)`])}`,
      )
      .join(''),
  }),
  'no +++ line': (draft) => ({ answer: draft.diff.map((file) => plain(file, [file.oldLine])).join('') }),
  'no --- line': (draft) => ({ answer: draft.diff.map((file) => plain(file, [file.newLine])).join('') }),
  'no file header': (draft) =>
    draft.diff.length === 1 ? { answer: draft.diff.map((file) => plain(file, [])).join('') } : null,
  'path in prose, no file header': (draft) => ({
    answer: draft.diff
      .map((file) => `**\`${file.path}\`**\n\n\`\`\`diff\n${plain(file, [])}\`\`\`\n\n`)
      .join(''),
  }),
  'blank line between headers': (draft) => names(draft, ({ oldLine, newLine }) => [oldLine, '', newLine]),
};

function counts(draft: Draft, by: () => number): ReturnType<Mutation> {
  const diff = eachHunk(draft, (hunk) => {
    const off = by();
    return {
      ...hunk,
      oldCount: Math.max(0, hunk.oldCount + off),
      newCount: Math.max(0, hunk.newCount + off),
    };
  });
  return ifChanged(draft, diff);
}

function numbers(draft: Draft, by: () => number, each = false): ReturnType<Mutation> {
  const diff = draft.diff.map((file) => {
    const off = by();
    return {
      ...file,
      hunks: file.hunks.map((hunk) => {
        const shift = each ? by() : off;
        return {
          ...hunk,
          oldStart: Math.max(1, hunk.oldStart + shift),
          newStart: Math.max(1, hunk.newStart + shift),
        };
      }),
    };
  });
  return ifChanged(draft, diff);
}

function headers(draft: Draft, header: (hunk: RawHunk) => string): ReturnType<Mutation> {
  const hunks = (file: RawFile): string =>
    file.hunks.map((hunk) => `${[header(hunk), ...hunk.body].join('\n')}\n`).join('');
  return {
    answer: draft.diff
      .map((file) => `${[...file.extended, file.oldLine, file.newLine].join('\n')}\n${hunks(file)}`)
      .join(''),
  };
}

function names(draft: Draft, lines: (file: RawFile) => readonly string[]): ReturnType<Mutation> {
  return { answer: draft.diff.map((file) => plain(file, lines(file))).join('') };
}

function plain(file: RawFile, lines: readonly string[]): string {
  return `${lines.map((line) => `${line}\n`).join('')}${file.hunks.map(printHunk).join('')}`;
}

function onlyOneEnds(draft: Draft, path: string): boolean {
  return (
    path !== '' &&
    Object.keys(draft.files).filter((other) => other === path || other.endsWith(`/${path}`)).length === 1
  );
}
