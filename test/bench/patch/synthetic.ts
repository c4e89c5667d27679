import { makeDraft, type Mutation } from './draft.ts';
import { headerMutations } from './mutate-headers.ts';
import { refuseMutations } from './mutate-refuse.ts';
import { shapeMutations } from './mutate-shape.ts';
import { textMutations } from './mutate-text.ts';
import type { VersionPair } from './packages.ts';
import type { PatchCase } from './patch-case.ts';
import { seededRandom } from './random.ts';

/** Drafts that are tried before a kind counts as not fitting these packages. */
const TRIES_PER_CASE = 60;

/** `perKind` cases of every kind of mutation; the same seed and packages give the same cases. */
export function syntheticCases(
  pairs: readonly VersionPair[],
  seed: number,
  perKind: number,
): readonly PatchCase[] {
  const appliable = { ...headerMutations, ...textMutations, ...shapeMutations };
  return [
    ...Object.entries(appliable).flatMap(([kind, mutation]) =>
      casesOf('synthetic', kind, mutation, pairs, seed, perKind),
    ),
    ...Object.entries(refuseMutations).flatMap(([kind, mutation]) =>
      casesOf('must_refuse', kind, mutation, pairs, seed, perKind),
    ),
  ];
}

function casesOf(
  group: 'synthetic' | 'must_refuse',
  kind: string,
  mutation: Mutation,
  pairs: readonly VersionPair[],
  seed: number,
  perKind: number,
): readonly PatchCase[] {
  const random = seededRandom(
    seed + [...kind].reduce((sum, letter) => Math.imul(sum, 31) + (letter.codePointAt(0) ?? 0), 7),
  );
  const cases: PatchCase[] = [];
  for (let tries = 0; tries < perKind * TRIES_PER_CASE && cases.length < perKind; tries += 1) {
    const draft = makeDraft(pairs, random);
    const made = mutation(draft, random);
    if (made === null) continue;
    cases.push({
      id: `${kind} #${cases.length + 1}`,
      group,
      kind,
      files: made.files ?? draft.files,
      answer: made.answer,
      after: made.after === undefined ? draft.after : made.after,
      unknown: false,
      truncated: made.truncated ?? false,
    });
  }
  return cases;
}
