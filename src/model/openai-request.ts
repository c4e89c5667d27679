import { createHash } from 'node:crypto';
import { type ChatCompletionCreateParamsStreaming, type ChatCompletionMessageParam } from 'openai/resources';
import { type AssistantMessage, type ModelCall, type UserMessage } from '../protocol/conversation.ts';
import { NOTHING, portableMessages } from './portable-messages.ts';

/** Ids of tool calls that OpenAI takes; others take more. Dots and colons are in Kimi’s own. */
const VALID_ID = /^[\w.:-]{1,40}$/;

/** Where OpenAI-compatible servers differ. */
export interface Dialect {
  /** Name of the output limit: OpenAI's own, or the older one that everybody else still takes. */
  readonly outputLimit: 'max_completion_tokens' | 'max_tokens';
  /** Models whose reasoning has to be sent back, or they lose the thread between tool calls. */
  readonly returnsReasoning: boolean;
  /** Models that cache only what is marked; all others cache by themselves. */
  readonly marksCache: (model: string) => boolean;
  /** Takes a name for what requests have in common, to send them to the machine that has it cached. */
  readonly namesCache: boolean;
}

/** The call as Chat Completions take it. */
export function openAiRequest(
  call: ModelCall,
  model: string,
  maxOutputTokens: number,
  provider: string,
  dialect: Dialect,
): ChatCompletionCreateParamsStreaming {
  const messages: ChatCompletionMessageParam[] = [
    ...(call.system === '' ? [] : [{ role: 'system' as const, content: call.system }]),
    ...portableMessages(call.messages, VALID_ID).flatMap((message) =>
      message.role === 'user' ? userMessages(message) : [assistantMessage(message, provider)],
    ),
  ];
  return {
    model,
    stream: true,
    stream_options: { include_usage: true },
    [dialect.outputLimit]: maxOutputTokens,
    ...(dialect.namesCache && { prompt_cache_key: cacheKey(call) }),
    ...(call.tools.length > 0 && {
      tools: call.tools.map(({ name, description, inputSchema }) => ({
        type: 'function' as const,
        function: { name, description, parameters: inputSchema },
      })),
    }),
    messages: dialect.marksCache(model) ? withCacheMarks(messages) : messages,
  };
}

/** The same for all requests of a conversation, by what it began with. */
function cacheKey({ system, tools, messages: [opening] }: ModelCall): string {
  return createHash('sha256')
    .update(JSON.stringify([system, tools, opening]))
    .digest('hex')
    .slice(0, 32);
}

/** Results first: they have to follow the calls they answer. There is no field for a failed call but its text. */
function userMessages(message: UserMessage): ChatCompletionMessageParam[] {
  const results = message.content.flatMap((block) =>
    block.type === 'tool_result'
      ? [
          {
            role: 'tool' as const,
            tool_call_id: block.toolUseId,
            content: block.isError ? `Error: ${block.text}` : block.text,
          },
        ]
      : [],
  );
  const text = textOf(message.content);
  if (text === '' && results.length > 0) return results;
  return [...results, { role: 'user', content: text || NOTHING }];
}

function assistantMessage(message: AssistantMessage, provider: string): ChatCompletionMessageParam {
  const calls = message.content.flatMap((block) =>
    block.type === 'tool_use'
      ? [
          {
            id: block.id,
            type: 'function' as const,
            function: { name: block.name, arguments: JSON.stringify(block.input) },
          },
        ]
      : [],
  );
  const opaque = message.content.flatMap((block) =>
    block.type === 'opaque' && block.provider === provider ? [block.data] : [],
  );
  const text = textOf(message.content);
  return {
    role: 'assistant',
    content: text === '' && calls.length > 0 ? null : text || NOTHING,
    ...(calls.length > 0 && { tool_calls: calls }),
    // Fields of the message that only its provider knows, exactly as they came.
    ...Object.assign({}, ...opaque),
  };
}

function textOf(content: readonly { readonly type: string; readonly text?: unknown }[]): string {
  return content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n\n');
}

/**
 * Marks the system prompt, what the request ends with and what the previous request of the conversation ended
 * with: there its cache entry was written. Empty texts take no mark. All texts have the same shape, marked or not, so that the prefix
 * stays the same when the marks move on.
 */
function withCacheMarks(messages: readonly ChatCompletionMessageParam[]): ChatCompletionMessageParam[] {
  const previousEnd = messages.findLastIndex(({ role }) => role === 'assistant');
  const marked = new Set([
    messages.findIndex(({ role }) => role === 'system'),
    lastMarkable(messages),
    lastMarkable(messages.slice(0, Math.max(0, previousEnd))),
  ]);
  return messages.map((message, index) =>
    isMarkable(message) ? asParts(message, marked.has(index)) : message,
  );
}

const lastMarkable = (messages: readonly ChatCompletionMessageParam[]): number =>
  messages.findLastIndex(isMarkable);

const isMarkable = (message: ChatCompletionMessageParam): message is Markable =>
  message.role !== 'assistant' && message.role !== 'function' && typeof message.content === 'string';

function asParts(message: Markable, marked: boolean): ChatCompletionMessageParam {
  const mark = marked ? { cache_control: { type: 'ephemeral' } } : {};
  return { ...message, content: [{ type: 'text', text: message.content || NOTHING, ...mark }] };
}

type Markable = Exclude<ChatCompletionMessageParam, { readonly role: 'assistant' | 'function' }> & {
  readonly content: string;
};
