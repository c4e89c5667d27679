import { type ScriptedTurn } from './scripted-model.ts';

/** A small repository with a real bug: a whole hour is formatted as “60m”. */
export const SAMPLE_FILES: Readonly<Record<string, string>> = {
  'README.md': '# duration\n\nFormats minutes for people: `formatDuration(75)` is `1h 15m`.\n',
  'package.json': `${JSON.stringify(
    { name: 'duration', version: '1.0.0', type: 'module', scripts: { test: 'node --test' } },
    null,
    2,
  )}\n`,
  'src/duration.js': `/** Minutes as people write them: 75 is "1h 15m". */
export function formatDuration(minutes) {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (minutes > 60) {
    return rest === 0 ? \`\${hours}h\` : \`\${hours}h \${rest}m\`;
  }
  return \`\${minutes}m\`;
}
`,
  'test/duration.test.js': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration } from '../src/duration.js';

test('minutes alone', () => {
  assert.equal(formatDuration(45), '45m');
});

test('hours and minutes', () => {
  assert.equal(formatDuration(75), '1h 15m');
});
`,
};

export const SAMPLE_ISSUE = {
  title: 'A whole hour is shown as 60m',
  body: 'formatDuration(60) gives "60m". It should give "1h", as 120 gives "2h".',
};

const SAMPLE_PATCH = `--- a/src/duration.js
+++ b/src/duration.js
@@
   const rest = minutes % 60;
-  if (minutes > 60) {
+  if (minutes >= 60) {
     return rest === 0 ? \`\${hours}h\` : \`\${hours}h \${rest}m\`;
--- a/test/duration.test.js
+++ b/test/duration.test.js
@@
 test('hours and minutes', () => {
   assert.equal(formatDuration(75), '1h 15m');
 });
+
+test('a whole hour', () => {
+  assert.equal(formatDuration(60), '1h');
+});
`;

const SAMPLE_FINISH = {
  title: 'Show a whole hour as 1h',
  body: 'formatDuration compared with `> 60`, so exactly sixty minutes fell through to the minutes branch.\n\nThe comparison now includes sixty, and a test holds it.',
};

/** What a model does to mend it: look, patch, sum up. */
export const SAMPLE_TURNS: readonly ScriptedTurn[] = [
  {
    text: 'I look at the code and its tests.',
    tools: [
      { name: 'read_file', input: { path: 'src/duration.js' } },
      { name: 'read_file', input: { path: 'test/duration.test.js' } },
    ],
  },
  {
    text: 'The comparison leaves sixty out.',
    tools: [{ name: 'apply_patch', input: { diff: SAMPLE_PATCH } }],
  },
  { text: 'Both are in place.', tools: [{ name: 'finish', input: SAMPLE_FINISH }] },
];
