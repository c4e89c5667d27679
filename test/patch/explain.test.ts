import { describe, expect, test } from 'vitest';
import {
  applyEdits,
  explainToModel,
  explainToPerson,
  parseAnswer,
  type Refusal,
  type Tree,
} from '../../src/patch/index.ts';

const FILE = Array.from({ length: 60 }, (_, at) => `const value${at} = ${at};\n`).join('');
const tree: Tree = new Map([['src/values.js', { text: FILE, mode: '100644' }]]);

function refusalsOf(answer: string, files: Tree = tree): readonly Refusal[] {
  const outcome = applyEdits(files, parseAnswer(answer));
  return outcome.status === 'refused' ? outcome.refusals : [];
}

const STALE = `--- a/src/values.js
+++ b/src/values.js
@@
 const value20 = 20;
 const value21 = 'old';
-const value22 = 22;
+const value22 = 2;
 const value23 = 23;
`;

describe('a hunk whose lines are not there', () => {
  test('is told with its file, its number, the first line that differs and what stands there', () => {
    const [refused] = refusalsOf(STALE);
    expect(refused).toMatchObject({
      code: 'not-found',
      path: 'src/values.js',
      hunkNumber: 1,
      level: 'aligned',
      line: 22,
      expected: "const value21 = 'old';",
      found: 'const value21 = 21;',
    });
    expect(explainToPerson(refusalsOf(STALE))).toContain('First difference at line 22');
  });

  test('goes back to the model with the current lines around', () => {
    const text = explainToModel(refusalsOf(STALE), tree);
    expect(text).toContain('## src/values.js, hunk 1 [not-found]');
    expect(text).toContain('22| const value21 = 21;');
    expect(text).toContain('-const value22 = 22;\n+const value22 = 2;');
    expect(text).not.toContain('const value50');
  });
});

test('a hunk with several places is told with their number and lines', () => {
  const files: Tree = new Map([['a.js', { text: 'one();\nend();\n'.repeat(4), mode: '100644' }]]);
  const refused = refusalsOf('--- a/a.js\n+++ b/a.js\n@@\n one();\n-end();\n+stop();\n', files);
  expect(refused[0]).toMatchObject({ code: 'ambiguous', level: 'exact', matches: 4, places: [1, 3, 5, 7] });
  expect(explainToPerson(refused)).toContain('4 places match (level exact): lines 1, 3, 5, 7.');
});

test('the text for the model is bounded however much was refused', () => {
  const long = 'x'.repeat(50_000);
  const hunk = `@@\n ${long}\n${` ${long}\n`.repeat(100)}-gone\n+new\n`;
  const refused = refusalsOf(`--- a/src/values.js\n+++ b/src/values.js\n${hunk.repeat(12)}`);
  expect(refused).toHaveLength(12);
  expect(explainToModel(refused, tree).length).toBeLessThan(17_000);
});

test('an unsafe path is shown without its control characters', () => {
  const refused = refusalsOf('--- /dev/null\n+++ "b/../x\\033[31m"\n@@ -0,0 +1 @@\n+x\n');
  expect(refused[0]?.code).toBe('unsafe-path');
  expect(explainToPerson(refused)).not.toContain('\u001b');
});

test('every refusal has words for what happened and what to do', () => {
  const answers = [
    '',
    STALE,
    '--- a/no.js\n+++ b/no.js\n@@\n-a\n+b\n',
    '```diff\n--- a/src/values.js\n+++ b/src/values.js\n@@\n-a\n',
  ];
  for (const answer of answers) {
    const text = explainToModel(refusalsOf(answer), tree);
    expect(text.split('\n').filter((line) => line.trim() !== '').length).toBeGreaterThanOrEqual(4);
  }
});
