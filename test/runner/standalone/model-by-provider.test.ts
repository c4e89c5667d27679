import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PriceTable } from '../../../src/model/price.ts';
import { createModels, DEFAULT_MODEL_LIMITS } from '../../../src/model/router.ts';
import { type EventBody } from '../../../src/runner/events.ts';
import { modelByProvider } from '../../../src/runner/standalone/model-by-provider.ts';
import { type ScriptedModel, startScriptedModel } from '../../helpers/scripted-model.ts';
import { anthropicStream, chatStream } from '../../model/provider-streams.ts';
import { type Answer, json, rawServer } from '../../model/raw-server.ts';

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

describe('as with the app', () => {
  const claudeSays = anthropicStream({ text: 'Claude.' });
  const down = json(529, { type: 'error', error: { type: 'overloaded_error', message: 'No.' } });
  /** Two providers by hand, one try each. */
  const bed = async (claude: readonly Answer[], prices: PriceTable = {}) => {
    const [anthropic, openai] = [await rawServer(...claude), await rawServer(chatStream({ text: 'GPT.' }))];
    const models = createModels({
      providers: {
        anthropic: { apiKey: 'a', baseUrl: anthropic.url },
        openai: { apiKey: 'b', baseUrl: openai.url },
      },
      models: [ANTHROPIC, OPENAI],
      prices,
      limits: {
        ...DEFAULT_MODEL_LIMITS,
        triesWithOthers: 1,
        tries: 1,
        circuit: { opensAfter: 1, restMs: 60_000 },
      },
    });
    const asked = modelByProvider(models, 5);
    return { asked, anthropic, openai, ask: asked.ask(() => {}) };
  };

  test('a conversation moves to the next model after two red attempts and stays there, which the bill says', async () => {
    const { asked, ask } = await bed([claudeSays]);
    const answeredBy = [];
    for (const escalation of [0, 1, 2, 3]) {
      answeredBy.push((await ask(request('Hello', escalation === 0, escalation), signal)).provider);
    }
    expect(answeredBy).toEqual(['anthropic', 'anthropic', 'openai', 'openai']);
    expect(asked.spending()).toMatchObject({ requests: 4, fallOvers: 0, escalations: 1 });
  });

  test('a model whose circuit is open is passed over', async () => {
    const { asked, anthropic, ask } = await bed([down, claudeSays]);
    for (const conversationId of ['one', 'two']) {
      expect(await ask({ ...request('Hello', true), conversationId }, signal)).toMatchObject(OPENAI);
    }
    expect(anthropic.requests).toHaveLength(1);
    expect(asked.spending()).toMatchObject({ fallOvers: 2 });
  });

  test('a refusal is on the bill, and the next model is asked', async () => {
    const { asked, ask } = await bed([anthropicStream({ text: 'I will not.', refuses: true })]);
    expect(await ask(request('Hello', true), signal)).toMatchObject(OPENAI);
    expect(asked.spending()).toMatchObject({ requests: 2, fallOvers: 1 });
  });

  test('where the first model is too dear the next one is asked', async () => {
    const dear = { inputUsdPerMTok: 1e6, outputUsdPerMTok: 1e6 };
    const { anthropic, ask } = await bed([claudeSays], { 'anthropic:claude-sonnet-4-6': dear });
    expect(await ask(request('Hello', true), signal)).toMatchObject(OPENAI);
    expect(anthropic.requests).toHaveLength(0);
  });

  test('when the run is ended no further model is asked, and the reason is what ended it', async () => {
    const stop = new AbortController();
    const reason = new Error('The time is up.');
    const { openai, ask } = await bed([() => stop.abort(reason)]);
    await expect(ask(request('Hello', true), stop.signal)).rejects.toBe(reason);
    expect(openai.requests).toHaveLength(0);
  });
});
