import { type ChatCompletionCreateParamsStreaming, type ChatCompletionMessageParam } from 'openai/resources';
import { type AssistantMessage, type ModelCall, type UserMessage } from '../protocol/conversation.ts';

/** Where OpenAI-compatible servers differ. */
export interface Dialect {
  /** Name of the output limit: OpenAI's own, or the older one that everybody else still takes. */
  readonly outputLimit: 'max_completion_tokens' | 'max_tokens';
  /** Models whose reasoning has to be sent back, or they lose the thread between tool calls. */
  readonly returnsReasoning: boolean;
  /** Models that cache only what is marked; all others cache by themselves. */
  readonly marksCache: (model: string) => boolean;
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
    ...call.messages.flatMap((message) =>
      message.role === 'user' ? userMessages(message) : [assistantMessage(message, provider)],
    ),
  ];
  return {
    model,
    stream: true,
    stream_options: { include_usage: true },
    [dialect.outputLimit]: maxOutputTokens,
    ...(call.tools.length > 0 && {
      tools: call.tools.map(({ name, description, inputSchema }) => ({
        type: 'function' as const,
        function: { name, description, parameters: inputSchema },
      })),
    }),
    messages: dialect.marksCache(model) ? withCacheMarks(messages) : messages,
  };
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
  return text === '' && results.length > 0 ? results : [...results, { role: 'user', content: text }];
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
    content: text === '' && calls.length > 0 ? null : text,
    ...(calls.length > 0 && { tool_calls: calls }),
    // Fields of the message that only its provider knows, exactly as they came.
    ...Object.assign({}, ...opaque),
  };
}

function textOf(content: readonly { readonly type: string; readonly text?: unknown }[]): string {
  return content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n\n');
}

/** Marks the system prompt and the last message, up to where the prefix is kept for the next call. */
function withCacheMarks(messages: readonly ChatCompletionMessageParam[]): ChatCompletionMessageParam[] {
  return messages.map((message, index) => {
    const marked = message.role === 'system' || index === messages.length - 1;
    return marked && message.role !== 'assistant' && message.role !== 'function'
      ? withMark(message)
      : message;
  });
}

function withMark(message: Markable): ChatCompletionMessageParam {
  if (typeof message.content !== 'string' || message.content === '') return message;
  const mark = { cache_control: { type: 'ephemeral' } };
  return { ...message, content: [{ type: 'text', text: message.content, ...mark }] };
}

type Markable = Exclude<ChatCompletionMessageParam, { readonly role: 'assistant' | 'function' }>;
