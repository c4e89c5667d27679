import { expect, test } from 'vitest';
import { printDiff } from '../bench/patch/raw-diff.ts';
import { applied, settleSpoiled, sorted, soundDraft, SPOILED } from '../helpers/spoiled-diffs.ts';

/** Fixed here, so that a build never fails by chance; test/long tries ever new ones. */
const SEEDS = Array.from({ length: 10 }, (_, at) => at * 7919);

test.each(SPOILED)('a diff spoiled so ends as the truth or is refused: %s', (_, mutation) => {
  for (const seed of SEEDS) {
    const settled = settleSpoiled(mutation, seed);
    expect(settled?.result ?? null).toBeOneOf([null, settled?.truth ?? null]);
  }
});

test('an untouched diff is always applied', () => {
  for (const seed of SEEDS) {
    const draft = soundDraft(seed);
    expect(applied(draft.files, printDiff(draft.diff))).toEqual(sorted(draft.after));
  }
});
