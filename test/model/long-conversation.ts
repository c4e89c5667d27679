import { type ProviderName } from '../../src/model/providers.ts';
import { createModels } from '../../src/model/router.ts';
import { type ModelReply, type UserMessage } from '../../src/protocol/conversation.ts';
import { type ModelRequestEvent } from '../../src/protocol/runner-event.ts';
import { createConversations } from '../../src/asking/conversations.ts';
import { OPENING } from './conversations.ts';
import { openProviderServer, type RawRequest } from './provider-server.ts';
import { anthropicStream, chatStream, type Said } from './provider-streams.ts';

export const CALLS = 30;
const never = new AbortController().signal;

/** What the model says at its n-th turn: more tools at once than a cache looks back over, nothing at all, … */
function saidAt(turn: number): Said {
  const many = turn === 7 ? 25 : turn % 4;
  return {
    ...(turn % 3 === 0 ? { thinking: `thought ${turn}` } : {}),
    ...(turn % 5 === 0 ? {} : { text: `Turn ${turn}.` }),
    calls: Array.from({ length: many }, (_none, index) => ({
      id: `call_${turn}_${index}`,
      name: 'read_file',
      input: { path: `src/${turn}/${index}.ts`, 10: 'b', 9: 'a' },
    })),
  };
}

function answerTo(reply: ModelReply, turn: number): UserMessage {
  const results = reply.message.content.flatMap((block, index) =>
    block.type === 'tool_use'
      ? [
          {
            type: 'tool_result' as const,
            toolUseId: block.id,
            text: index % 3 === 2 ? '' : `content of file ${turn} `.repeat(50),
            isError: index % 2 === 1,
          },
        ]
      : [],
  );
  const words =
    results.length === 0 || turn % 6 === 0 ? [{ type: 'text' as const, text: `Go on, ${turn}.` }] : [];
  return { role: 'user', content: [...results, ...words] };
}

/** Talks 30 calls with a provider, as the app does; resolves to what came over the wire. */
export async function longConversation(
  provider: ProviderName,
  model: string,
): Promise<readonly RawRequest[]> {
  const stream = provider === 'anthropic' ? anthropicStream : chatStream;
  const server = await openProviderServer(
    ...Array.from({ length: CALLS }, (_none, turn) => stream(saidAt(turn))),
  );
  const baseUrl = provider === 'anthropic' ? server.url : `${server.url}/v1`;
  const models = createModels({
    providers: { [provider]: { apiKey: 'k', baseUrl } },
    models: [{ provider, model }],
    prices: {},
  });
  const conversations = createConversations();
  let append: UserMessage = { role: 'user', content: [{ type: 'text', text: 'Fix the sum.' }] };
  for (let turn = 0; turn < CALLS; turn += 1) {
    const request: ModelRequestEvent = {
      seq: turn + 1,
      at: '2026-01-01T00:00:00Z',
      type: 'model.request',
      requestId: `work/${turn + 1}`,
      conversationId: 'work',
      system: turn === 0 ? 'You fix bugs. '.repeat(100) : null,
      tools: turn === 0 ? OPENING.tools : null,
      append,
      escalation: 0,
    };
    const call = conversations.open(request);
    const terms = { maxOutputTokens: 1000, othersLeft: false };
    const reply = await models.ask({ provider, model }, call, terms, never);
    conversations.close(request, reply);
    append = answerTo(reply, turn);
  }
  server.close();
  return server.requests;
}
