import Anthropic, { APIError } from '@anthropic-ai/sdk';
import { type AssistantMessage, type ModelReply, type StopReason } from '../protocol/conversation.ts';
import { anthropicRequest } from './anthropic-request.ts';
import { broken, refused, retryAfterMs, streamCut, type ModelFailure } from './failure.ts';
import { fetchWithIdleTimeout } from './idle-fetch.ts';
import { type Model, type ModelEndpoint } from './model.ts';
import { parseToolInput } from './tool-input.ts';

/** A Claude model through Anthropic's Messages API, streamed. */
export function anthropicModel(endpoint: ModelEndpoint): Model {
  const client = new Anthropic({
    apiKey: endpoint.apiKey,
    baseURL: endpoint.baseUrl,
    webhookKey: null,
    maxRetries: 0,
    // Never reached: the fetch below gives up earlier.
    timeout: endpoint.idleTimeoutMs * 2,
    logLevel: 'off',
    fetch: fetchWithIdleTimeout(endpoint.idleTimeoutMs),
  });
  return {
    ask: async (call, maxOutputTokens, signal) => {
      const request = anthropicRequest(call, endpoint.model, maxOutputTokens, endpoint.provider);
      const stream = client.messages.stream(request, { signal });
      let begun = false;
      stream.once('connect', () => (begun = true));
      const toolInputs: ToolInputs = new Map();
      stream.on('streamEvent', (event) => collectToolInput(toolInputs, event));
      let message: Anthropic.Message;
      try {
        message = await stream.finalMessage();
      } catch (error) {
        throw failureOf(error, endpoint, begun);
      }
      return replyOf(message, toolInputs, endpoint);
    },
  };
}

/**
 * The JSON text of each block's tool input, by the block's index. The SDK's own parser completes JSON that was
 * cut, which would pass half a patch off as a whole one.
 */
type ToolInputs = Map<number, string>;

function collectToolInput(toolInputs: ToolInputs, event: Anthropic.MessageStreamEvent): void {
  if (event.type !== 'content_block_delta' || event.delta.type !== 'input_json_delta') return;
  toolInputs.set(event.index, (toolInputs.get(event.index) ?? '') + event.delta.partial_json);
}

function replyOf(message: Anthropic.Message, toolInputs: ToolInputs, endpoint: ModelEndpoint): ModelReply {
  if (message.stop_reason === null) throw streamCut(endpoint);
  const { usage } = message;
  return {
    message: {
      role: 'assistant',
      content: message.content.map((block, index) =>
        blockOf(block, toolInputs.get(index), endpoint.provider),
      ),
    },
    stopReason: STOP_REASONS[message.stop_reason] ?? 'end',
    usage: {
      inputTokens: usage.input_tokens,
      outputTokens: usage.output_tokens,
      cacheReadTokens: usage.cache_read_input_tokens ?? 0,
      cacheWriteTokens: usage.cache_creation_input_tokens ?? 0,
    },
    provider: endpoint.provider,
    model: endpoint.model,
  };
}

function blockOf(
  block: Anthropic.ContentBlock,
  toolInput: string | undefined,
  provider: string,
): AssistantMessage['content'][number] {
  if (block.type === 'text') return { type: 'text', text: block.text };
  if (block.type === 'tool_use') {
    const input = parseToolInput(toolInput ?? JSON.stringify(block.input));
    return { type: 'tool_use', id: block.id, name: block.name, input };
  }
  return { type: 'opaque', provider, data: structuredClone(block) };
}

const STOP_REASONS: Readonly<Record<string, StopReason>> = {
  tool_use: 'tool_use',
  max_tokens: 'max_tokens',
  model_context_window_exceeded: 'max_tokens',
  refusal: 'refusal',
};

/** An error within a stream has a type and no status; these are the ones the types come with otherwise. */
const STATUS_OF_TYPE: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

function failureOf(error: unknown, endpoint: ModelEndpoint, begun: boolean): ModelFailure {
  if (!(error instanceof APIError) || (error.status === undefined && error.type === null)) {
    return broken(endpoint, error, begun);
  }
  return refused(endpoint, {
    status: error.status ?? STATUS_OF_TYPE[error.type ?? ''] ?? null,
    codes: error.errorCode === null ? [] : [error.errorCode],
    text: error.apiMessage,
    retryAfterMs: retryAfterMs(error.headers, Date.now()),
  });
}
