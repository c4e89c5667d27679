import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eslint } from '../../../../src/runner/checks/reporters/eslint.ts';
import { makeTree } from '../../../helpers/check-bed.ts';

const END = { exitCode: 1, limit: null, durationMs: 1, output: '', outputBytes: 0 };

/** The formatter that the reporter hands to ESLint, run with results in ESLint's own shape. */
async function format(results: readonly object[]): Promise<{ folder: string; printed: string }> {
  const { files } = eslint.request('/reports');
  const folder = await makeTree(files);
  const formatter: unknown = createRequire(import.meta.url)(join(folder, Object.keys(files)[0] ?? ''));
  if (typeof formatter !== 'function') throw new Error('The formatter is no function.');
  return { folder, printed: String(formatter(results)) };
}

test('errors and warnings are reported and printed, without the place they were found in', async () => {
  const tree = await makeTree({ 'a.js': '' });
  const { folder, printed } = await format([
    {
      filePath: join(tree, 'a.js'),
      messages: [
        { line: 3, column: 7, severity: 2, ruleId: 'no-x', message: `See\n  ${tree}/b.js` },
        { line: 4, column: 1, severity: 1, ruleId: 'no-y', message: 'Avoid y.' },
        { severity: 2, ruleId: null, message: 'Parsing error' },
      ],
    },
    { filePath: join(tree, 'b.js'), messages: [] },
  ]);
  expect(await eslint.read(folder, tree, END)).toEqual([
    { file: 'a.js', name: 'no-x See b.js', status: 'failed', message: 'line 3' },
    { file: 'a.js', name: 'no-y Avoid y.', status: 'skipped', message: 'line 4' },
    { file: 'a.js', name: 'Parsing error', status: 'failed', message: '' },
  ]);
  expect(printed).toContain(`${tree}/a.js:4:1: warning: no-y Avoid y.\n`);
  expect(printed).toContain('3 problems');
});

test('nothing found is a report, and prints nothing', async () => {
  const { folder, printed } = await format([{ filePath: '/t/a.js', messages: [] }]);
  expect(printed).toBe('');
  expect(await eslint.read(folder, folder, { ...END, exitCode: 0 })).toEqual([]);
});

test('where the formatter was not loaded, what is printed is read', async () => {
  const output = 'src/a.js\n  1:7  error  Unexpected debugger  no-debugger\n';
  const folder = await makeTree({});
  expect(await eslint.read(folder, folder, { ...END, output })).toMatchObject([
    { name: 'no-debugger Unexpected debugger' },
  ]);
});
