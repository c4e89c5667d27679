import { type Plan, readPlan } from '../../src/domain/plan.ts';
import { calls, inOrder, type Script } from './scripted-mailbox.ts';

/** A repository for plans: several small modules that know nothing of each other, each with a test. */
export const MALL = {
  'package.json': '{"type":"module","scripts":{"test":"node --test"}}\n',
  'src/names.js': "export const names = ['north', 'south'];\n",
  ...shop('north', 3),
  ...shop('south', 4),
} as const;

function shop(name: string, price: number): Record<string, string> {
  return {
    [`src/${name}.js`]: `export const price = () => ${price};\n\nexport const open = false;\n`,
    [`test/${name}.test.js`]: testOf(name, 'keeps its price', `shop.price(), ${price}`),
  };
}

function testOf(name: string, title: string, equal: string): string {
  return `import { test } from 'node:test';
import assert from 'node:assert/strict';
import * as shop from '../src/${name}.js';

test('${name} ${title}', () => {
  assert.equal(${equal});
});
`;
}

const added = (path: string, text: string): string =>
  `--- /dev/null\n+++ b/${path}\n@@\n${text.replace(/^/gm, '+').replace(/\+$/, '')}`;

/** Opens a shop, with a test that shows it. */
export const opening = (name: string): string =>
  `--- a/src/${name}.js\n+++ b/src/${name}.js\n@@\n-export const open = false;\n+export const open = true;\n${added(`test/${name}-open.test.js`, testOf(name, 'is open', 'shop.open, true'))}`;

/** Writes another list of names, without a test. */
export const naming = (names: string): string =>
  `--- a/src/names.js\n+++ b/src/names.js\n@@\n-export const names = ['north', 'south'];\n+export const names = [${names}];\n`;

/** Expects the names to be these. */
export const expectingNames = (file: string, names: string): string =>
  added(
    `test/${file}.test.js`,
    `import { test } from 'node:test';
import assert from 'node:assert/strict';
import { names } from '../src/names.js';

test('the names are right in ${file}', () => {
  assert.deepEqual(names, [${names}]);
});
`,
  );

/** One reply that makes a change and hands it in. */
export const handsIn = (diff: string, title: string): Script =>
  inOrder(calls(['apply_patch', { diff }], ['finish', { title, body: `${title}, said its agent.` }]));

export const approves: Script = inOrder(
  calls(['verify', { verdict: true }]),
  calls(['summarize', { title: 'Open the mall', body: 'All of it.' }]),
);

export const planOf = (
  goals: readonly string[],
  graph: Readonly<Record<string, readonly string[]>> = {},
  type = 'CODE_INTERPRET',
): Plan =>
  readPlan({ subtasks: goals.map((goal) => ({ goal, task_type: type })), dependencies_graph: graph });
