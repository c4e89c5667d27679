import { type ChatCompletionRequest, LLMock } from '@copilotkit/aimock';

/** One answer of the model: words, calls of tools, or both. */
export interface ScriptedTurn {
  readonly text?: string;
  readonly tools?: readonly { readonly name: string; readonly input: unknown }[];
}

export interface ScriptedModel {
  /** Base URL for an Anthropic client; `${url}/v1` for an OpenAI-compatible one. */
  readonly url: string;
  /** Requests answered so far. */
  requests(): number;
  readonly server: LLMock;
  stop(): Promise<void>;
}

/** A conversation of its own: the n-th answer is the n-th of `turns`, so that asking twice gives the same answer. */
export interface ScriptedConversation {
  /** Told by what the first message says, or by a tool that is offered. */
  readonly about: { readonly says: string } | { readonly tool: string };
  readonly turns: readonly ScriptedTurn[];
}

/** Turns of the one agent that does it all, or a conversation each; the first that fits counts. */
export type Script = readonly ScriptedTurn[] | { readonly conversations: readonly ScriptedConversation[] };

/** What the atomizer is told unless a script says otherwise: one agent does it all. */
const ATOMIC: ScriptedConversation = {
  about: { tool: 'atomize' },
  turns: [{ tools: [{ name: 'atomize', input: { is_atomic: true, node_type: 'EXECUTE' } }] }],
};

/** A model server on loopback that speaks the providers' real protocols and answers turn by turn. */
export async function startScriptedModel(script: Script, latencyMs = 0): Promise<ScriptedModel> {
  const server = new LLMock({ port: 0, strict: true });
  const conversations =
    'conversations' in script ? script.conversations : [{ about: { tool: 'finish' }, turns: script }];
  const all = [...conversations, ATOMIC];
  for (const conversation of all)
    for (const [index, turn] of conversation.turns.entries())
      server.on(
        {
          predicate: (request) =>
            all.find(({ about }) => isAbout(about, request)) === conversation &&
            request.messages.filter(({ role }) => role === 'assistant').length === index,
        },
        answerOf(turn, index),
        latencyMs > 0 ? { latency: latencyMs } : {},
      );
  await server.start();
  return {
    url: server.url,
    requests: () => server.getRequests().length,
    server,
    stop: async () => {
      await server.stop();
    },
  };
}

function answerOf(turn: ScriptedTurn, index: number) {
  const calls = (turn.tools ?? []).map(({ name, input }, call) => ({
    id: `call_${index}_${call}`,
    name,
    arguments: JSON.stringify(input),
  }));
  return {
    content: turn.text ?? '',
    ...(calls.length > 0 ? { toolCalls: calls } : {}),
    usage: { input_tokens: 1200, output_tokens: 150, prompt_tokens: 1200, completion_tokens: 150 },
  };
}

function isAbout(about: ScriptedConversation['about'], { messages, tools }: ChatCompletionRequest): boolean {
  if ('tool' in about) return tools?.some((tool) => tool.function.name === about.tool) === true;
  return JSON.stringify(messages.find(({ role }) => role === 'user')?.content).includes(about.says);
}
