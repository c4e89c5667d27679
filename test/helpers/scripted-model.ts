import { LLMock } from '@copilotkit/aimock';

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

/**
 * A model server on loopback that speaks the providers' real protocols and answers turn by turn: the n-th
 * answer of a conversation is the n-th of `turns`, so that asking twice gives the same answer.
 */
export async function startScriptedModel(
  turns: readonly ScriptedTurn[],
  latencyMs = 0,
): Promise<ScriptedModel> {
  const server = new LLMock({ port: 0, strict: true });
  turns.forEach((turn, index) => {
    const calls = (turn.tools ?? []).map(({ name, input }, call) => ({
      id: `call_${index}_${call}`,
      name,
      arguments: JSON.stringify(input),
    }));
    server.on(
      {
        predicate: ({ messages }) => messages.filter(({ role }) => role === 'assistant').length === index,
      },
      {
        content: turn.text ?? '',
        ...(calls.length > 0 ? { toolCalls: calls } : {}),
        usage: { input_tokens: 1200, output_tokens: 150, prompt_tokens: 1200, completion_tokens: 150 },
      },
      latencyMs > 0 ? { latency: latencyMs } : {},
    );
  });
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
