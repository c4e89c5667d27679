import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyChanges, applyEdits, parseAnswer, renderDiff, type Tree } from '../../src/patch/index.ts';
import { makeDraft, type Mutation } from '../bench/patch/draft.ts';
import { headerMutations } from '../bench/patch/mutate-headers.ts';
import { refuseMutations } from '../bench/patch/mutate-refuse.ts';
import { shapeMutations } from '../bench/patch/mutate-shape.ts';
import { textMutations } from '../bench/patch/mutate-text.ts';
import type { VersionPair } from '../bench/patch/packages.ts';
import type { Files } from '../bench/patch/patch-case.ts';
import { seededRandom, type Random } from '../bench/patch/random.ts';
import { parseGitDiff } from '../bench/patch/raw-diff.ts';

const SOURCES = new URL('../../src/patch/', import.meta.url);
const TRIES = 30;

const sources: Files = Object.fromEntries(
  readdirSync(SOURCES).map((name) => [`src/${name}`, readFileSync(new URL(name, SOURCES), 'utf8')]),
);

/** The engine's own sources, and the same with some lines changed, taken out and put in. */
function editedSources(random: Random): VersionPair {
  const after = Object.fromEntries(
    Object.entries(sources).map(([path, text]) => [path, edited(text, random)]),
  );
  return {
    name: 'sources',
    before: sources,
    after,
    diff: parseGitDiff(renderDiff(treeOf(sources), treeOf(after))),
  };
}

function edited(text: string, random: Random): string {
  const lines = text.split('\n');
  for (let edits = 1 + random.below(4); edits > 0; edits -= 1) {
    const at = random.below(lines.length - 1);
    const line = lines[at] ?? '';
    const indent = /^\s*/.exec(line)?.[0] ?? '';
    const added = [
      `${indent}check(${random.below(1000)}, "it's");`,
      ...(random.chance(0.3) ? ['', `${indent}// ${at}`] : []),
    ];
    lines.splice(at, random.below(3), ...(random.chance(0.8) ? added : []));
  }
  return lines.join('\n');
}

function treeOf(files: Files): Tree {
  return new Map(Object.entries(files).map(([path, text]) => [path, { text, mode: '100644' }]));
}

function textsOf(tree: Tree): Files {
  return Object.fromEntries([...tree].map(([path, { text }]) => [path, text]).sort());
}

function sorted(files: Files): Files {
  return Object.fromEntries(Object.entries(files).sort());
}

/** Null: refused. */
function applied(files: Files, answer: string, truncated: boolean): Files | null {
  const tree = treeOf(files);
  const outcome = applyEdits(tree, parseAnswer(answer, truncated ? { truncated } : {}));
  return outcome.status === 'applied' ? textsOf(applyChanges(tree, outcome.changes)) : null;
}

function holds(mutation: Mutation, seed: number): void {
  const random = seededRandom(seed);
  const pair = editedSources(random);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const draft = makeDraft([pair], random);
    const made = mutation(draft, random);
    if (made === null) continue;
    const truth = made.after === undefined ? draft.after : made.after;
    const result = applied(made.files ?? draft.files, made.answer, made.truncated ?? false);
    if (result !== null) expect(result).toEqual(truth === null ? 'nothing may be applied' : sorted(truth));
    return;
  }
}

const KINDS = Object.entries({ ...headerMutations, ...textMutations, ...shapeMutations, ...refuseMutations });

test.each(KINDS)('a diff spoiled so ends as the truth or is refused: %s', (_, mutation) => {
  expect.hasAssertions();
  expect(() =>
    fc.assert(
      fc.property(fc.nat(), (seed) => holds(mutation, seed)),
      { numRuns: 12 },
    ),
  ).not.toThrow();
});

test('an untouched diff is always applied', () => {
  const random = seededRandom(7);
  for (let round = 0; round < 20; round += 1) {
    const draft = makeDraft([editedSources(random)], random);
    const made = headerMutations['untouched']?.(draft, random);
    expect(applied(draft.files, made?.answer ?? '', false)).toEqual(sorted(draft.after));
  }
});
