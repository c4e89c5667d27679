import { type Plan, readPlan } from '../../src/domain/plan.ts';
import { calls, type Script } from './scripted-mailbox.ts';
import { type ScriptedConversation } from './scripted-model.ts';

/** Shops that know nothing of each other, so that a subtask each can be done side by side. */
export const SHOPS = ['north', 'east', 'south', 'west', 'upper', 'lower'] as const;

type ToolCall = readonly [name: string, input: unknown];

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

/** One subtask a shop. */
export const planFor = (
  shops: readonly string[],
  graph: Readonly<Record<string, readonly string[]>> = {},
): Plan => readPlan(planDocument(shops, graph));

const planDocument = (shops: readonly string[], graph: Readonly<Record<string, readonly string[]>> = {}) => ({
  subtasks: shops.map((shop) => ({ goal: `Open src/${shop}.js`, task_type: 'CODE_INTERPRET' })),
  dependencies_graph: graph,
});

/** Each subtask waits for the one before. */
export const inARow = (shops: readonly string[]): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(shops.slice(1).map((_, index) => [String(index + 1), [String(index)]]));

/** What the agent of a shop does, as agents do it: look, test, change, run, hand in. */
const agentCalls = (shop: string): readonly ToolCall[] => [
  ['read_file', { path: `src/${shop}.js` }],
  [
    'apply_patch',
    {
      diff: `--- /dev/null\n+++ b/test/${shop}-open.test.js\n@@\n${added(testOf(shop, 'is open', 'shop.open, true'))}`,
    },
  ],
  [
    'apply_patch',
    {
      diff: `--- a/src/${shop}.js\n+++ b/src/${shop}.js\n@@\n-export const open = false;\n+export const open = true;\n`,
    },
  ],
  ['run_command', { command: `node --test test/${shop}-open.test.js` }],
  ['finish', { title: `Open ${shop}`, body: `The ${shop} shop is open.` }],
];

const REVIEW: readonly ToolCall[] = [
  ['verify', { verdict: true }],
  ['summarize', { title: 'Open the town', body: 'All of its shops.' }],
];

const added = (text: string): string =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => `+${line}\n`)
    .join('');

/** A model at the other end of a mailbox that does a town's plan, and takes its time for every answer. */
export const townScript =
  (shops: readonly string[], answerAfter: () => Promise<void>): Script =>
  async ({ conversationId, requestId }) => {
    await answerAfter();
    const shop = shops[Number(/^subtask-(\d+)/.exec(conversationId)?.[1] ?? -1)];
    const call = (shop === undefined ? REVIEW : agentCalls(shop))[Number(requestId.split('/').at(-1)) - 1];
    return call && calls(call);
  };

/** The same behind a provider's real protocol, which plans too. */
export function townConversations(
  shops: readonly string[],
  graph: Readonly<Record<string, readonly string[]>>,
): readonly ScriptedConversation[] {
  const turns = (all: readonly ToolCall[]): ScriptedConversation['turns'] =>
    all.map(([name, input]) => ({ tools: [{ name, input }] }));
  return [
    {
      about: { tool: 'atomize' },
      turns: turns([
        ['atomize', { is_atomic: false, node_type: 'PLAN' }],
        ['plan', planDocument(shops, graph)],
      ]),
    },
    { about: { tool: 'verify' }, turns: turns(REVIEW) },
    ...shops.map((shop, index) => ({
      about: { says: `You do subtask ${index} and` },
      turns: turns(agentCalls(shop)),
    })),
  ];
}
