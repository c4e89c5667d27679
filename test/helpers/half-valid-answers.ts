import fc from 'fast-check';
import { applyEdits, parseAnswer, type Tree, unsafePath } from '../../src/patch/index.ts';

const PIECES = [
  '--- a/a.txt\n',
  '+++ b/a.txt\n',
  '+++ b/../x\n',
  '--- /dev/null\n',
  '@@ -1 +1 @@\n',
  '@@ -9,9 +1,0 @@ f\n',
  '@@\n',
  ' a\n',
  '-a\n',
  '+b\n',
  'a\r\n',
  '```diff\n',
  '```\n',
  '*** Begin Patch\n',
  '*** Update File: a.txt\n',
  '*** Add File: .git/x\n',
  '*** End Patch\n',
  '<<<<<<< SEARCH\n',
  '=======\n',
  '>>>>>>> REPLACE\n',
  'rename from a.txt\n',
  'rename to .git/x\n',
  'new file mode 120000\n',
  'diff --git a/a.txt b/a.txt\n',
  'Index: a.txt\n',
  '\\ No newline at end of file\n',
] as const;

/** Random bytes and pieces of every format the parser knows, in any order. */
export const halfValidAnswer = fc
  .array(fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.constantFrom(...PIECES)), {
    maxLength: 40,
  })
  .map((pieces) => pieces.join(''));

/**
 * Parses and applies the answer; returns every name it would touch that no change may have. A refusal without
 * a reason counts as one.
 */
export function unsafeNames(tree: Tree, answer: string): readonly string[] {
  const parsed = parseAnswer(answer);
  const outcome = applyEdits(tree, parsed);
  const changed = outcome.status === 'applied' ? outcome.changes.map(({ path }) => path) : [];
  const mute =
    outcome.status === 'refused' && outcome.refusals.length === 0 ? ['(refused without a reason)'] : [];
  return [...[...parsed.paths, ...changed].filter((name) => unsafePath(name) !== null), ...mute];
}
