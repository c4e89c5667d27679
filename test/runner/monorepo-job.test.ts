import { afterEach, expect, test } from 'vitest';
import { runnerBed } from '../helpers/runner-bed.ts';
import { calls, inOrder, type ScriptedMailbox } from '../helpers/scripted-mailbox.ts';

const bed = runnerBed();
afterEach(() => bed.clear());

function manifest(fields: object): string {
  return JSON.stringify({ version: '1.0.0', ...fields });
}

const passing = (body: string): string => `require('node:test').test('${body}', () => {});\n`;

/** Two packages below a root of nothing; one has a dependency that has to be installed. */
const MONOREPO = {
  'readme.md': 'Two packages.\n',
  'lib/package.json': manifest({ name: 'lib', main: 'lib.js' }),
  'lib/lib.js': 'exports.one = 1;\n',
  'app/package.json': manifest({
    name: 'app',
    dependencies: { lib: 'file:../lib' },
    scripts: { test: 'node --test' },
  }),
  'app/app.js': "exports.two = () => require('lib').one;\n",
  'app/old.test.js': passing('old'),
  'tool/package.json': manifest({ name: 'tool', scripts: { test: 'node --test' } }),
  'tool/tool.test.js': passing('tool'),
};

const FIX = `--- a/app/app.js
+++ b/app/app.js
@@ -1 +1 @@
-exports.two = () => require('lib').one;
+exports.two = () => require('lib').one + 1;
--- /dev/null
+++ b/app/two.test.js
@@ -0,0 +1,3 @@
+const assert = require('node:assert');
+const { two } = require('./app.js');
+require('node:test').test('two', () => assert.equal(two(), 2));
`;

/** Commands of a tree, those of the agent aside. */
const commandsIn = (mailbox: ScriptedMailbox, tree: string): readonly string[] =>
  mailbox
    .events()
    .flatMap((event) =>
      event.type === 'command' && event.tree === tree && event.purpose !== 'agent' ? [event.command] : [],
    );

test('of several packages only the changed one is set up and checked, in its folder', async () => {
  const finish = ['finish', { title: 'Two is two', body: '' }] as const;
  const turns = [
    calls(['run_command', { command: 'ls' }]),
    calls(['run_command', { command: 'cd app && npm test' }]),
    calls(['apply_patch', { diff: FIX }], finish),
  ];
  const mailbox = await bed.run(MONOREPO, inOrder(...turns), { checks: { setup: null } });
  const install = 'cd app && npm install --no-audit --no-fund --no-package-lock';
  expect(commandsIn(mailbox, 'work')).toEqual([install]);
  expect(commandsIn(mailbox, 'proof')).toEqual([install, 'cd app && npm test']);
  expect(commandsIn(mailbox, 'base')).toEqual([
    install,
    'cd app && npm test',
    'cd app && npm test -- two.test.js',
  ]);
  expect(mailbox.result()).toMatchObject({
    status: 'done',
    proof: { verdict: 'green', tests: [{ file: 'app/two.test.js', name: 'two', base: 'assertion' }] },
  });
});

test('the commands of the agent find the programs that the set-up brought', async () => {
  const thing = '.ptc-tools/venv/bin/thing';
  const setup = [
    `mkdir -p .ptc-tools/venv/bin && printf '#!/bin/sh\\necho ours' > ${thing} && chmod +x ${thing}`,
  ];
  const turns = [
    calls(['run_command', { command: 'thing' }]),
    calls(['apply_patch', { diff: FIX }], ['finish', { title: 'Two is two', body: '' }]),
  ];
  const mailbox = await bed.run(MONOREPO, inOrder(...turns), { checks: { setup, test: 'thing' } });
  const said = mailbox
    .events()
    .flatMap((event) => (event.type === 'command' && event.purpose === 'agent' ? [event.end.output] : []));
  expect(said).toEqual(['ours\n']);
});
