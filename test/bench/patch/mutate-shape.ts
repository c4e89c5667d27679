import { eachHunk, hasMarkers, ifChanged, type Draft, type Mutated, type Mutation } from './draft.ts';
import { applyByNumber, printDiff, printFile, withBody, type RawFile, type RawHunk } from './raw-diff.ts';
import type { Files } from './patch-case.ts';

/** What stands around and between hunks, other formats, and states of the tree. */
export const shapeMutations: Readonly<Record<string, Mutation>> = {
  'in a fence': (draft) => ({ answer: `\`\`\`diff\n${printDiff(draft.diff)}\`\`\`\n` }),
  'in a fence without end': (draft) => ({ answer: `Here it is:\n\n\`\`\`diff\n${printDiff(draft.diff)}` }),
  'in an indented fence': (draft) => ({
    answer: `1. Apply this:\n\n${indented(`\`\`\`diff\n${printDiff(draft.diff)}\`\`\``)}\n\n2. Run the tests.\n`,
  }),
  'prose around a fence': (draft) => ({
    answer: `The cause is in \`parse()\`:\n\n- it reads too far\n- it never stops\n\n\`\`\`diff\n${printDiff(draft.diff)}\`\`\`\n\nThis keeps the rest as it was. Run \`npm test\`.\n`,
  }),
  'prose around, no fence': (draft) => ({
    answer: `Sure, here is the fix.\n\n${printDiff(draft.diff)}\nThis makes the parser stop in time.\n- no other file changes\n`,
  }),
  'code before the diff': (draft) => ({
    answer: `Now:\n\n\`\`\`js\nfunction old() {\n  return 1;\n}\n\`\`\`\n\nBetter:\n\n\`\`\`diff\n${printDiff(draft.diff)}\`\`\`\n`,
  }),
  'one fence a file': (draft) =>
    draft.diff.length < 2
      ? null
      : { answer: draft.diff.map((file) => `Next:\n\n\`\`\`diff\n${printFile(file)}\`\`\`\n`).join('\n') },
  'one fence a hunk': (draft) =>
    fencedHunks(draft, (file, at) => (at === 0 ? file : { ...file, extended: [] })),
  'fence marks inside the body': fenceInBody,
  'a blank line with a space at the end': (draft) =>
    ifChanged(
      draft,
      eachHunk(draft, (hunk) => ({ ...hunk, body: [...hunk.body, ' '] })),
    ),
  'blank lines at the end': (draft) => ({ answer: `${printDiff(draft.diff)}\n\n` }),
  'hunks in reverse': (draft) =>
    ifChanged(
      draft,
      draft.diff.map((file) => ({ ...file, hunks: file.hunks.toReversed() })),
    ),
  'a hunk twice': (draft) =>
    ifChanged(
      draft,
      draft.diff.map((file) => ({
        ...file,
        hunks: file.hunks.flatMap((hunk, at) => (at === 0 ? [hunk, hunk] : [hunk])),
      })),
    ),
  'the whole diff twice': (draft) => ({
    answer: `\`\`\`diff\n${printDiff(draft.diff)}\`\`\`\n\nThe complete patch:\n\n\`\`\`diff\n${printDiff(draft.diff)}\`\`\`\n`,
  }),
  'each change its own hunk, context as before': (draft) => split(draft, 'before'),
  'each change its own hunk, context as after': (draft) => split(draft, 'after'),
  'one line of context': (draft) =>
    ifChanged(
      draft,
      eachHunk(draft, (hunk) => lessContext(hunk, 1)),
    ),
  'a context line left out, counts as before': (draft) =>
    ifChanged(
      draft,
      eachHunk(draft, (hunk) => ({
        ...withoutMiddleContext(hunk, /\w/),
        oldCount: hunk.oldCount,
        newCount: hunk.newCount,
      })),
    ),
  'a blank context line left out': (draft) =>
    ifChanged(
      draft,
      eachHunk(draft, (hunk) => withoutMiddleContext(hunk, /^ $/)),
    ),
  'applied already': (draft) => ({ answer: printDiff(draft.diff), files: draft.after }),
  'one hunk applied already': oneApplied,
  'new file': (draft) => newFile(draft, '--- /dev/null'),
  'new file without /dev/null': (draft) => newFile(draft, null),
  'new file, blank lines without +': (draft) => {
    const made = newFile(draft, '--- /dev/null');
    return made === null || !/^\+$/m.test(made.answer)
      ? null
      : { ...made, answer: made.answer.replaceAll(/^\+$(?=\n[+])/gm, '') };
  },
  'file deleted': deleted,
  'file renamed and changed': renamed,
  'mode changed': (draft) => ({
    answer: draft.diff
      .map((file) =>
        printFile({
          ...file,
          extended: [`diff --git a/${file.path} b/${file.path}`, 'old mode 100644', 'new mode 100755'],
        }),
      )
      .join(''),
  }),
  'search and replace blocks': (draft) =>
    hasMarkers(draft) ? null : { answer: draft.diff.map(searchReplace).join('\n') },
  'Begin Patch envelope': (draft) =>
    hasMarkers(draft)
      ? null
      : { answer: `*** Begin Patch\n${draft.diff.map(envelope).join('')}*** End Patch\n` },
};

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? line : `   ${line}`))
    .join('\n');
}

function fencedHunks(draft: Draft, header: (file: RawFile, at: number) => RawFile): Mutated | null {
  const fences = draft.diff.flatMap((file) =>
    file.hunks.map((hunk, at) => `\`\`\`diff\n${printFile({ ...header(file, at), hunks: [hunk] })}\`\`\`\n`),
  );
  return fences.length < 2 ? null : { answer: fences.join('\nAnd:\n\n') };
}

function fenceInBody(draft: Draft): Mutated | null {
  const has = draft.diff.some(({ hunks }) =>
    hunks.some(({ body }) => body.some((line) => /^[ +-]```/.test(line))),
  );
  return has ? { answer: `Documentation:\n\n\`\`\`diff\n${printDiff(draft.diff)}\`\`\`\n\nDone.\n` } : null;
}

/** Runs of changed lines with the context between them. */
function changeRuns(body: readonly string[]): readonly (readonly [number, number])[] {
  const runs: [number, number][] = [];
  for (const [at, line] of body.entries()) {
    if (line.startsWith(' ')) continue;
    const last = runs.at(-1);
    if (last !== undefined && last[1] === at) last[1] = at + 1;
    else runs.push([at, at + 1]);
  }
  return runs;
}

/** Cuts hunks so that each shows one run; what the other runs change is context, as it was or as it will be. */
function split(draft: Draft, others: 'before' | 'after'): Mutated | null {
  const gone = others === 'before' ? '+' : '-';
  const diff = draft.diff.map((file) => ({
    ...file,
    hunks: file.hunks.flatMap((hunk): RawHunk[] => {
      const runs = changeRuns(hunk.body);
      if (runs.length < 2 || hunk.body.some((line) => line.startsWith('\\'))) return [hunk];
      return runs.map(([from, to], index) => {
        const body = hunk.body.flatMap((line, at) => {
          const own = at >= from && at < to;
          const later = others === 'after' && at >= to;
          if (own || line.startsWith(' ')) return [line];
          const drop = later ? '+' : gone;
          return line.startsWith(drop) ? [] : [` ${line.slice(1)}`];
        });
        return withBody({ ...hunk, newStart: hunk.newStart + index }, body);
      });
    }),
  }));
  return ifChanged(draft, diff);
}

function lessContext(hunk: RawHunk, keep: number): RawHunk {
  const { body } = hunk;
  const first = body.findIndex((line) => !line.startsWith(' '));
  const last = body.findLastIndex((line) => !line.startsWith(' '));
  const from = Math.max(0, first - keep);
  const cut = withBody(hunk, body.slice(from, last + 1 + keep));
  return { ...cut, oldStart: hunk.oldStart + from, newStart: hunk.newStart + from };
}

/** Leaves out a context line that has context on both sides. */
function withoutMiddleContext(hunk: RawHunk, kind: RegExp): RawHunk {
  const { body } = hunk;
  const middle = body.findIndex(
    (line, at) =>
      kind.test(line) && [body[at - 1], line, body[at + 1]].every((near) => near?.startsWith(' ') === true),
  );
  return middle < 0
    ? hunk
    : withBody(
        hunk,
        body.filter((_, at) => at !== middle),
      );
}

function oneApplied(draft: Draft): Mutated | null {
  const files: Record<string, string> = { ...draft.files };
  for (const { path, hunks } of draft.diff) {
    const [first] = hunks;
    if (hunks.length < 2 || first === undefined) return null;
    files[path] = applyByNumber(draft.files[path] ?? '', [first]);
  }
  return { answer: printDiff(draft.diff), files };
}

function without(files: Files, path: string): Files {
  return Object.fromEntries(Object.entries(files).filter(([name]) => name !== path));
}

function newFile(draft: Draft, oldLine: string | null): Mutated | null {
  const [file] = draft.diff;
  const text = file === undefined ? '' : (draft.after[file.path] ?? '');
  if (file === undefined || !text.endsWith('\n')) return null;
  const lines = text.slice(0, -1).split('\n');
  const header = [oldLine ?? `--- a/${file.path}`, `+++ b/${file.path}`, `@@ -0,0 +1,${lines.length} @@`];
  return {
    answer: `${[...header, ...lines.map((line) => `+${line}`)].join('\n')}\n`,
    files: without(draft.files, file.path),
    after: { ...without(draft.files, file.path), [file.path]: text },
  };
}

function deleted(draft: Draft): Mutated | null {
  const [file] = draft.diff;
  const text = file === undefined ? '' : (draft.files[file.path] ?? '');
  if (file === undefined || !text.endsWith('\n')) return null;
  const lines = text.slice(0, -1).split('\n');
  const header = [
    `diff --git a/${file.path} b/${file.path}`,
    'deleted file mode 100644',
    `--- a/${file.path}`,
    '+++ /dev/null',
    `@@ -1,${lines.length} +0,0 @@`,
  ];
  return {
    answer: `${[...header, ...lines.map((line) => `-${line}`)].join('\n')}\n`,
    after: without(draft.files, file.path),
  };
}

function renamed(draft: Draft): Mutated | null {
  const [file] = draft.diff;
  if (file === undefined) return null;
  const target = `moved/${file.path}`;
  const header = [
    `diff --git a/${file.path} b/${target}`,
    'similarity index 90%',
    `rename from ${file.path}`,
    `rename to ${target}`,
  ];
  const answer = printFile({ ...file, extended: header, newLine: `+++ b/${target}` });
  return { answer, after: { ...without(draft.files, file.path), [target]: draft.after[file.path] ?? '' } };
}

function sides({ body }: RawHunk): { old: string; new: string } {
  const side = (prefixes: string): string =>
    body
      .filter((line) => prefixes.includes(line.charAt(0)))
      .map((line) => `${line.slice(1)}\n`)
      .join('');
  return { old: side(' -'), new: side(' +') };
}

function searchReplace(file: RawFile): string {
  return file.hunks
    .map(
      (hunk) =>
        `${file.path}\n\`\`\`js\n<<<<<<< SEARCH\n${sides(hunk).old}=======\n${sides(hunk).new}>>>>>>> REPLACE\n\`\`\`\n`,
    )
    .join('\n');
}

function envelope(file: RawFile): string {
  return `*** Update File: ${file.path}\n${file.hunks.map(({ heading, body }) => `@@${heading === '' ? '' : ` ${heading}`}\n${body.join('\n')}\n`).join('')}`;
}
