import { afterAll, beforeAll, expect, test } from 'vitest';
import { createModels, DEFAULT_MODEL_LIMITS } from '../../../src/model/router.ts';
import { type EventBody } from '../../../src/runner/events.ts';
import { modelByProvider } from '../../../src/runner/standalone/model-by-provider.ts';
import { type ScriptedModel, startScriptedModel } from '../../helpers/scripted-model.ts';

let model: ScriptedModel;
beforeAll(async () => {
  const about = { says: 'Hello' };
  model = await startScriptedModel({ conversations: [{ about, turns: [{ text: 'One' }, { text: 'Two' }] }] });
});
afterAll(() => model.stop());

const ANTHROPIC = { provider: 'anthropic', model: 'claude-sonnet-4-6' };
const OPENAI = { provider: 'openai', model: 'gpt-5.2' };
const signal = new AbortController().signal;
const modelsOf = (anthropicUrl: string) =>
  createModels({
    providers: {
      anthropic: { apiKey: 'a', baseUrl: anthropicUrl },
      openai: { apiKey: 'b', baseUrl: `${model.url}/v1` },
    },
    models: [ANTHROPIC, OPENAI],
    prices: {},
    limits: { ...DEFAULT_MODEL_LIMITS, triesWithOthers: 1, tries: 1 },
  });
const request = (text: string, isFirst: boolean, escalation = 0) => ({
  conversationId: 'work',
  system: isFirst ? 'You help.' : null,
  tools: isFirst ? [] : null,
  append: { role: 'user' as const, content: [{ type: 'text' as const, text }] },
  escalation,
});
const nowhere = 'http://127.0.0.1:1';

test('a conversation is said whole to the provider, told as by the mailbox, and paid', async () => {
  const told: EventBody[] = [];
  const asked = modelByProvider(modelsOf(model.url), 5);
  const ask = asked.ask((event) => told.push(event));
  expect((await ask(request('Hello', true), signal)).message.content).toEqual([
    { type: 'text', text: 'One' },
  ]);
  expect((await ask(request('And?', false), signal)).message.content).toEqual([
    { type: 'text', text: 'Two' },
  ]);
  expect(told).toMatchObject([
    { type: 'model.request', requestId: 'work/1', system: 'You help.' },
    { type: 'model.request', requestId: 'work/2', system: null },
  ]);
  const { costUsd, ...counts } = asked.spending();
  expect(counts).toMatchObject({ requests: 2, inputTokens: 2400, outputTokens: 300, fallOvers: 0 });
  expect(costUsd).toBeGreaterThan(0);
});

test('the next model is asked when one does not answer, and when the checks have failed the first one twice', async () => {
  const asked = modelByProvider(modelsOf(nowhere), 5);
  expect(await asked.ask(() => {})(request('Hello', true), signal)).toMatchObject(OPENAI);
  expect(asked.spending()).toMatchObject({ fallOvers: 1 });
  // It stays with the one that answered.
  expect(await asked.ask(() => {})(request('And?', false), signal)).toMatchObject(OPENAI);
  expect(asked.spending()).toMatchObject({ fallOvers: 1 });
  const escalated = modelByProvider(modelsOf(model.url), 5);
  expect(await escalated.ask(() => {})(request('Hello', true, 2), signal)).toMatchObject(OPENAI);
  expect(escalated.spending()).toMatchObject({ fallOvers: 0 });
});

test('a call that does not fit the budget is not made', async () => {
  const before = model.requests();
  const asked = modelByProvider(modelsOf(model.url), 0.001);
  await expect(asked.ask(() => {})(request('Hello', true), signal)).rejects.toMatchObject({
    code: 'budget-reached',
  });
  expect(model.requests()).toBe(before);
});

test('calls at once wait for each other when the budget is short, and an aborted one makes room', async () => {
  const models = modelsOf(model.url);
  const most = models.worstCaseUsd(ANTHROPIC, { system: 'You help.', tools: [], messages: [] }, 16_000) ?? 0;
  const ask = modelByProvider(models, most * 1.2).ask(() => {});
  const both = [
    ask(request('Hello', true), signal),
    ask({ ...request('Hello', true), conversationId: 'b' }, signal),
  ];
  expect((await Promise.all(both)).map(({ stopReason }) => stopReason)).toEqual(['end', 'end']);
});
