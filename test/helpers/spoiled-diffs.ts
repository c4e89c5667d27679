import { readdirSync, readFileSync } from 'node:fs';
import { applyChanges, applyEdits, parseAnswer, renderDiff, type Tree } from '../../src/patch/index.ts';
import { makeDraft, type Draft, type Mutation } from '../bench/patch/draft.ts';
import { headerMutations } from '../bench/patch/mutate-headers.ts';
import { refuseMutations } from '../bench/patch/mutate-refuse.ts';
import { shapeMutations } from '../bench/patch/mutate-shape.ts';
import { textMutations } from '../bench/patch/mutate-text.ts';
import type { Files } from '../bench/patch/patch-case.ts';
import { seededRandom, type Random } from '../bench/patch/random.ts';
import { parseGitDiff } from '../bench/patch/raw-diff.ts';

const SOURCES = new URL('../../src/patch/', import.meta.url);
const TRIES = 30;

/** Every way of spoiling a diff that the bench knows, by name. */
export const SPOILED: readonly (readonly [string, Mutation])[] = Object.entries({
  ...headerMutations,
  ...textMutations,
  ...shapeMutations,
  ...refuseMutations,
});

const sources: Files = Object.fromEntries(
  readdirSync(SOURCES).map((name) => [`src/${name}`, readFileSync(new URL(name, SOURCES), 'utf8')]),
);

/** What a patch made of a tree beside what it should have made; null on one side: refused, or to be refused. */
export interface Settled {
  readonly result: Files | null;
  readonly truth: Files | null;
}

/** A sound diff of the engine's own sources, with some lines changed, taken out and put in. */
export function soundDraft(seed: number): Draft {
  return draftFrom(seededRandom(seed));
}

/** Spoils a diff made from the seed; null when this kind found nothing to spoil. */
export function settleSpoiled(mutation: Mutation, seed: number): Settled | null {
  const random = seededRandom(seed);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const draft = draftFrom(random);
    const made = mutation(draft, random);
    if (made === null) continue;
    const truth = made.after === undefined ? draft.after : made.after;
    const result = applied(made.files ?? draft.files, made.answer, made.truncated ?? false);
    return { result, truth: truth === null ? null : sorted(truth) };
  }
  return null;
}

/** The files after an answer, or null when it was refused. */
export function applied(files: Files, answer: string, truncated = false): Files | null {
  const tree = treeOf(files);
  const outcome = applyEdits(tree, parseAnswer(answer, truncated ? { truncated } : {}));
  if (outcome.status === 'refused') return null;
  return sorted(
    Object.fromEntries([...applyChanges(tree, outcome.changes)].map(([path, { text }]) => [path, text])),
  );
}

export function sorted(files: Files): Files {
  return Object.fromEntries(Object.entries(files).toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

function draftFrom(random: Random): Draft {
  const chosen = Object.entries(sources).filter(() => random.chance(0.3));
  const before = Object.fromEntries(chosen.length < 8 ? Object.entries(sources) : chosen);
  const after = Object.fromEntries(
    Object.entries(before).map(([path, text]) => [path, edited(text, random)]),
  );
  const diff = parseGitDiff(renderDiff(treeOf(before), treeOf(after)));
  return makeDraft([{ name: 'sources', before, after, diff }], random);
}

function edited(text: string, random: Random): string {
  const lines = text.split('\n');
  for (let edits = 1 + random.below(4); edits > 0; edits -= 1) {
    const at = random.below(lines.length - 1);
    const indent = /^\s*/.exec(lines[at] ?? '')?.[0] ?? '';
    const comment = random.chance(0.3) ? ['', `${indent}// ${at}`] : [];
    const added = [`${indent}check(${random.below(1000)}, "it's");`, ...comment];
    lines.splice(at, random.below(3), ...(random.chance(0.8) ? added : []));
  }
  return lines.join('\n');
}

function treeOf(files: Files): Tree {
  return new Map(Object.entries(files).map(([path, text]) => [path, { text, mode: '100644' }]));
}
