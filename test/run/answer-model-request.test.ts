import { describe, expect, test } from 'vitest';
import { createConversations } from '../../src/asking/conversations.ts';
import { anthropicStream, chatStream } from '../model/provider-streams.ts';
import { deadServer, eventsThenCut, eventsThenSilence, json, rawServer } from '../model/raw-server.ts';
import { answerBed, CLAUDE, GPT } from './answer-bed.ts';

const claudeSays = anthropicStream({ text: 'Claude.' });
const gptSays = chatStream({ text: 'GPT.' });
const kimiSays = chatStream({ text: 'Kimi.' });
const fails = (status: number, message = 'No.', headers: Record<string, string> = {}) =>
  json(status, { type: 'error', error: { type: 'some_error', message } }, headers);
const down = fails(529);

describe('a model down in the middle of a conversation', () => {
  test('the next one goes on, and the conversation stays with it', async () => {
    const [anthropic, openai] = [await rawServer(claudeSays, down), await rawServer(gptSays)];
    const bed = await answerBed({ servers: { anthropic, openai } });
    const conversations = createConversations();
    const ask = () => bed.ask(conversations);
    const answeredBy = [await ask(), await ask(), await ask()];

    expect(answeredBy).toEqual(['anthropic:claude', 'openai:gpt', 'openai:gpt']);
    // The first answer, three tries of the second; the third question is not asked here any more.
    expect(anthropic.requests).toHaveLength(4);
    expect(await bed.store.modelCalls(bed.run.id)).toMatchObject([
      { requestId: 'work/1', passedOver: [] },
      { requestId: 'work/2', passedOver: [{ model: 'anthropic:claude', code: 'model-overloaded' }] },
      { requestId: 'work/3', passedOver: [] },
    ]);
    expect(await bed.store.spending(bed.run.id)).toMatchObject({
      requests: 3,
      fallOvers: 1,
      escalations: 0,
      models: [
        { name: 'anthropic:claude', requests: 1 },
        { name: 'openai:gpt', requests: 2 },
      ],
    });
  });

  test('it stays there after a restart of the app, and goes to the earlier one when the later fails', async () => {
    const anthropic = await rawServer(claudeSays, down, down, down, claudeSays);
    const openai = await rawServer(gptSays, gptSays, down);
    const bed = await answerBed({ servers: { anthropic, openai } });
    const before = createConversations();
    await bed.ask(before);
    await bed.ask(before);
    const after = await bed.restarted();
    const answeredBy = [await bed.ask(after), await bed.ask(after)];

    expect(answeredBy).toEqual(['openai:gpt', 'anthropic:claude']);
  });

  test('another conversation begins with the first model again', async () => {
    const anthropic = await rawServer(down, down, down, claudeSays);
    const bed = await answerBed({ servers: { anthropic, openai: await rawServer(gptSays) } });
    const conversations = createConversations();

    expect(await bed.ask(conversations, 0, 'one')).toBe('openai:gpt');
    expect(await bed.ask(conversations, 0, 'two')).toBe('anthropic:claude');
  });
});

describe('another model is asked', () => {
  test.each([
    ['a key is not accepted', fails(401), 'model-unauthorized', 1],
    ['a key may not use it', fails(403), 'model-unauthorized', 1],
    ['the account is empty', fails(402), 'model-payment-required', 1],
    ['the model is not known', fails(404), 'model-not-found', 1],
    ['the conversation is too long for it', fails(400, 'prompt is too long'), 'context-too-long', 1],
    ['it does not take the request', fails(400), 'model-bad-request', 1],
    ['it limits the rate', fails(429), 'model-rate-limited', 3],
    ['it asks for a long wait', fails(429, 'Slow.', { 'retry-after': '600' }), 'model-rate-limited', 1],
    ['it is overloaded', fails(529), 'model-overloaded', 3],
    ['it is broken', fails(500), 'model-unavailable', 3],
    ['its answer is cut', eventsThenCut({ type: 'ping' }), 'model-stream-cut', 3],
    ['it falls silent', eventsThenSilence({ type: 'ping' }), 'model-timeout', 1],
  ])('when %s', async (_what, answer, code, tries) => {
    const [anthropic, openai] = [await rawServer(answer), await rawServer(gptSays)];
    const bed = await answerBed({ servers: { anthropic, openai } });

    expect(await bed.ask(createConversations())).toBe('openai:gpt');
    expect(anthropic.requests).toHaveLength(tries);
    expect(await bed.store.modelCalls(bed.run.id)).toMatchObject([
      { passedOver: [{ model: 'anthropic:claude', code }] },
    ]);
  });

  test('when nobody listens there', async () => {
    const bed = await answerBed({
      servers: { anthropic: await deadServer(), openai: await rawServer(gptSays) },
    });
    expect(await bed.ask(createConversations())).toBe('openai:gpt');
  });

  test('when its price is not known, or a call could cost more than the budget', async () => {
    const servers = {
      anthropic: await rawServer(claudeSays),
      openai: await rawServer(gptSays),
      kimi: await rawServer(kimiSays),
    };
    const dear = { inputUsdPerMTok: 1e6, outputUsdPerMTok: 1e6 };
    const cheap = { inputUsdPerMTok: 1, outputUsdPerMTok: 1 };
    const prices = { 'openai:gpt': dear, 'kimi:k2': cheap };
    const bed = await answerBed({ servers, prices });

    expect(await bed.ask(createConversations())).toBe('kimi:k2');
    expect(await bed.store.modelCalls(bed.run.id)).toMatchObject([
      {
        passedOver: [
          { model: 'anthropic:claude', code: 'price-unknown' },
          { model: 'openai:gpt', code: 'budget-reached' },
        ],
      },
    ]);
  });

  test('when it refuses; its refusal is on the bill and nobody is told of it', async () => {
    const anthropic = await rawServer(anthropicStream({ text: 'I will not.', refuses: true }));
    const bed = await answerBed({ servers: { anthropic, openai: await rawServer(gptSays) } });

    expect(await bed.ask(createConversations())).toBe('openai:gpt');
    expect(bed.inbox).toMatchObject([{ type: 'model.reply', reply: { provider: 'openai' } }]);
    expect(await bed.store.spending(bed.run.id)).toMatchObject({ requests: 2, fallOvers: 1 });
    const conversations = await bed.restarted();
    expect(conversations.lastAnswer('work')?.model).toEqual(GPT);
  });
});

describe('when no model answers', () => {
  test('the runner is told each model and why', async () => {
    const servers = {
      anthropic: await rawServer(fails(401)),
      openai: await rawServer(fails(503)),
      kimi: await rawServer(chatStream({ refuses: true })),
    };
    const bed = await answerBed({ servers });

    expect(await bed.ask(createConversations())).toBeNull();
    expect(bed.inbox).toMatchObject([
      { type: 'model.error', problem: { code: 'models-failed', retryable: true } },
    ]);
    expect(JSON.stringify(bed.inbox)).toMatch(
      /anthropic:claude \(model-unauthorized\).*openai:gpt \(model-overloaded\).*kimi:k2 \(model-refused\)/,
    );
  });

  test('the only one there is says itself what is wrong', async () => {
    const bed = await answerBed({ servers: { anthropic: await rawServer(fails(401)) } });
    await bed.ask(createConversations());
    expect(bed.inbox).toMatchObject([{ problem: { code: 'model-unauthorized' } }]);
  });

  test('all for the same reason, that reason stays the code', async () => {
    const servers = { anthropic: await rawServer(fails(529)), openai: await rawServer(fails(503)) };
    const bed = await answerBed({ servers });
    await bed.ask(createConversations());
    expect(bed.inbox).toMatchObject([{ problem: { code: 'model-overloaded', retryable: true } }]);
  });

  test('because the run was ended, no further one is asked and nobody is told', async () => {
    const openai = await rawServer(gptSays);
    const bed = await answerBed({ servers: { anthropic: await rawServer(() => bed.ended.abort()), openai } });

    expect(await bed.ask(createConversations())).toBeNull();
    expect([openai.requests, bed.inbox]).toEqual([[], []]);
  });

  test('because the process is to end, no further one is begun and the next process will ask', async () => {
    const openai = await rawServer(gptSays);
    const anthropic = await rawServer((response, request) => {
      bed.stopping.abort();
      return fails(401)(response, request);
    });
    const bed = await answerBed({ servers: { anthropic, openai } });

    expect(await bed.ask(createConversations())).toBeNull();
    expect([openai.requests, bed.inbox]).toEqual([[], []]);
  });
});

describe('a model whose circuit is open', () => {
  test('is passed over at once, and asked again after a rest', async () => {
    const anthropic = await rawServer(...Array.from({ length: 6 }, () => down), claudeSays);
    const bed = await answerBed({ servers: { anthropic, openai: await rawServer(gptSays) }, opensAfter: 2 });
    const conversations = createConversations();
    for (const id of ['one', 'two']) await bed.ask(conversations, 0, id);
    expect(anthropic.requests).toHaveLength(6);

    expect(await bed.ask(conversations, 0, 'three')).toBe('openai:gpt');
    expect(anthropic.requests).toHaveLength(6);
    expect((await bed.store.modelCalls(bed.run.id)).at(-1)?.passedOver).toEqual([
      { model: 'anthropic:claude', code: 'model-circuit-open' },
    ]);

    bed.clock.nowMs += 60_000;
    expect(await bed.ask(conversations, 0, 'four')).toBe('anthropic:claude');
    expect(await bed.ask(conversations, 0, 'five')).toBe('anthropic:claude');
  });

  test('is asked all the same when every other one has failed', async () => {
    const anthropic = await rawServer(...Array.from({ length: 3 }, () => down), claudeSays);
    const openai = await rawServer(gptSays, fails(401));
    const bed = await answerBed({ servers: { anthropic, openai }, opensAfter: 1 });
    const conversations = createConversations();
    await bed.ask(conversations, 0, 'one');

    expect(await bed.ask(conversations, 0, 'two')).toBe('anthropic:claude');
  });
});

describe('checks that keep failing', () => {
  test('move the conversation to the next model, which the bill says', async () => {
    const servers = { anthropic: await rawServer(claudeSays), openai: await rawServer(gptSays) };
    const bed = await answerBed({ servers });
    const conversations = createConversations();
    const answeredBy = [];
    for (const escalation of [0, 1, 2, 3, 9]) answeredBy.push(await bed.ask(conversations, escalation));

    expect(answeredBy).toEqual([
      'anthropic:claude',
      'anthropic:claude',
      'openai:gpt',
      'openai:gpt',
      'openai:gpt',
    ]);
    expect(await bed.store.spending(bed.run.id)).toMatchObject({ fallOvers: 0, escalations: 1 });
  });

  test('move it back when the next model is down, which is no escalation', async () => {
    const servers = { anthropic: await rawServer(claudeSays), openai: await rawServer(down) };
    const bed = await answerBed({ servers });
    const conversations = createConversations();
    const answeredBy = [await bed.ask(conversations, 1), await bed.ask(conversations, 2)];

    expect(answeredBy).toEqual(['anthropic:claude', 'anthropic:claude']);
    expect(await bed.store.spending(bed.run.id)).toMatchObject({ fallOvers: 1, escalations: 0 });
  });
});

describe('eight requests at once', () => {
  const usd = (tokens: number) => ({ inputUsdPerMTok: 0, outputUsdPerMTok: (1 / tokens) * 1e6 });
  const eight = async (options: { budgetUsd?: number; maxModelRequests?: number }) => {
    let [atWork, most] = [0, 0];
    const anthropic = await rawServer(async (response, request) => {
      atWork += 1;
      most = Math.max(most, atWork);
      await new Promise((resolve) => setTimeout(resolve, 20));
      atWork -= 1;
      return claudeSays(response, request);
    });
    // A whole answer of 1000 tokens may cost a dollar; the one that comes has 5 tokens.
    const prices = { 'anthropic:claude': usd(1000) };
    const bed = await answerBed({ servers: { anthropic }, models: [CLAUDE], prices, ...options });
    const conversations = createConversations();
    const ids = Array.from({ length: 8 }, (_none, index) => `subtask-${index}`);
    const answers = await Promise.all(ids.map((id) => bed.ask(conversations, 0, id)));
    return { bed, most, answered: answers.filter((answer) => answer !== null).length };
  };

  test('with a budget for three whole answers are asked three at a time, and all answered', async () => {
    const { bed, most, answered } = await eight({ budgetUsd: 3.2 });
    expect([most, answered]).toEqual([3, 8]);
    expect((await bed.store.spending(bed.run.id)).costUsd).toBeCloseTo(0.04, 6);
  });

  test('with three requests allowed are answered three times', async () => {
    const { bed, answered } = await eight({ maxModelRequests: 3 });
    expect(answered).toBe(3);
    expect(bed.inbox.filter(({ type }) => type === 'model.error')).toMatchObject(
      Array.from({ length: 5 }, () => ({ problem: { code: 'request-cap-reached' } })),
    );
  });
});
