import { events, type Answer } from './provider-server.ts';

/** What a model is to say: in the order a provider would send it. */
export interface Said {
  /** Signed reasoning (Anthropic) or reasoning text (Kimi). */
  readonly thinking?: string;
  readonly text?: string;
  readonly calls?: readonly { readonly id: string; readonly name: string; readonly input: object }[];
  readonly refuses?: boolean;
}

/** The answer as Anthropic streams it. */
export function anthropicStream({ thinking, text, calls = [], refuses = false }: Said): Answer {
  const blocks = [
    ...(thinking === undefined
      ? []
      : [{ start: { type: 'thinking', thinking, signature: 'c2ln' }, deltas: [] }]),
    ...(text === undefined
      ? []
      : [{ start: { type: 'text', text: '' }, deltas: [{ type: 'text_delta', text }] }]),
    ...calls.map(({ id, name, input }) => ({
      start: { type: 'tool_use', id, name, input: {} },
      deltas: [{ type: 'input_json_delta', partial_json: JSON.stringify(input) }],
    })),
  ];
  const usage = { input_tokens: 10, output_tokens: 1 };
  const message = { id: 'msg', type: 'message', role: 'assistant', model: 'm', content: [], usage };
  const reason = refuses ? 'refusal' : calls.length > 0 ? 'tool_use' : 'end_turn';
  return events(
    { type: 'message_start', message: { ...message, stop_reason: null, stop_sequence: null } },
    ...blocks.flatMap(({ start, deltas }, index) => [
      { type: 'content_block_start', index, content_block: start },
      ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]),
    {
      type: 'message_delta',
      delta: { stop_reason: reason, stop_sequence: null },
      usage: { output_tokens: 5 },
    },
    { type: 'message_stop' },
  );
}

/** The answer as Chat Completions stream it. */
export function chatStream({ thinking, text, calls = [], refuses = false }: Said): Answer {
  const chunk = (delta: object, finish: string | null = null) => ({
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const toolCalls = calls.map(({ id, name, input }, index) => ({
    index,
    id,
    type: 'function',
    function: { name, arguments: JSON.stringify(input) },
  }));
  return events(
    ...(thinking === undefined ? [] : [chunk({ reasoning_content: thinking })]),
    ...(text === undefined ? [] : [chunk({ content: text })]),
    ...(toolCalls.length === 0 ? [] : [chunk({ tool_calls: toolCalls })]),
    chunk({}, refuses ? 'content_filter' : calls.length > 0 ? 'tool_calls' : 'stop'),
    { ...chunk({}), choices: [], usage: { prompt_tokens: 10, completion_tokens: 5 } },
    'data: [DONE]\n\n',
  );
}
