import { type Plan, readPlan } from '../../../src/domain/plan.ts';
import { calls, type Script } from '../../helpers/scripted-mailbox.ts';

/** Shops that know nothing of each other, so that a subtask each can be done side by side. */
export const SHOPS = ['north', 'east', 'south', 'west'] as const;

const testOf = (shop: string, title: string, equal: string): string => `import { test } from 'node:test';
import assert from 'node:assert/strict';
import * as shop from '../src/${shop}.js';

test('${shop} ${title}', () => {
  assert.equal(${equal});
});
`;

export const TOWN: Readonly<Record<string, string>> = Object.fromEntries([
  ['package.json', '{"type":"module","scripts":{"test":"node --test"}}\n'],
  ...SHOPS.flatMap((shop) => [
    [`src/${shop}.js`, 'export const price = () => 3;\n\nexport const open = false;\n'],
    [`test/${shop}.test.js`, testOf(shop, 'keeps its price', 'shop.price(), 3')],
  ]),
]);

/** One subtask a shop; in a row each waits for the one before. */
export const planFor = (shops: readonly string[], inARow: boolean): Plan =>
  readPlan({
    subtasks: shops.map((shop) => ({ goal: `Open src/${shop}.js`, task_type: 'CODE_INTERPRET' })),
    dependencies_graph: Object.fromEntries(
      inARow ? shops.slice(1).map((_, index) => [String(index + 1), [String(index)]]) : [],
    ),
  });

/** What an agent does, as one does it: look, test, change, run, hand in. */
function agentTurn(shop: string, turn: number) {
  const test = testOf(shop, 'is open', 'shop.open, true');
  const turns = [
    calls(['read_file', { path: `src/${shop}.js` }]),
    calls([
      'apply_patch',
      {
        diff: `--- /dev/null\n+++ b/test/${shop}-open.test.js\n@@\n${test.replace(/^(?=.)/gm, '+').replace(/^$(?!\n*$)/gm, '+')}`,
      },
    ]),
    calls([
      'apply_patch',
      {
        diff: `--- a/src/${shop}.js\n+++ b/src/${shop}.js\n@@\n-export const open = false;\n+export const open = true;\n`,
      },
    ]),
    calls(['run_command', { command: 'npm test' }]),
    calls(['finish', { title: `Open ${shop}`, body: 'It is open.' }]),
  ];
  return turns[turn - 1];
}

/** A model that does the town's plans, and takes its time for every answer. */
export const townModel =
  (shops: readonly string[], answerAfter: () => Promise<void>): Script =>
  async ({ conversationId, requestId }) => {
    await answerAfter();
    const turn = Number(requestId.split('/').at(-1));
    const shop = shops[Number(/^subtask-(\d+)/.exec(conversationId)?.[1] ?? -1)];
    if (shop !== undefined) return agentTurn(shop, turn);
    return turn === 1
      ? calls(['verify', { verdict: true }])
      : calls(['summarize', { title: 'Open the town', body: 'All of it.' }]);
  };
