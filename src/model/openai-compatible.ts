import OpenAI, { APIError } from 'openai';
import { type ModelCall, type ModelReply } from '../protocol/conversation.ts';
import { broken, refused, retryAfterMs, streamCut, type ModelFailure } from './failure.ts';
import { fetchWithIdleTimeout } from './idle-fetch.ts';
import { type Model, type ModelEndpoint } from './model.ts';
import { EMPTY_ANSWER, messageOf, stopReasonOf, withChunk, type PartialAnswer } from './openai-answer.ts';
import { openAiRequest, type Dialect } from './openai-request.ts';
import { mostInputTokens } from './token-estimate.ts';

/** A model behind Chat Completions as OpenAI made them and many others speak them, streamed. */
export function openAiCompatibleModel(endpoint: ModelEndpoint, dialect: Dialect): Model {
  const client = new OpenAI({
    apiKey: endpoint.apiKey,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: endpoint.baseUrl,
    maxRetries: 0,
    // Never reached: the fetch below gives up earlier.
    timeout: endpoint.idleTimeoutMs * 2,
    logLevel: 'off',
    fetch: fetchWithIdleTimeout(endpoint.idleTimeoutMs),
  });
  return {
    ask: async (call, maxOutputTokens, signal) => {
      const request = openAiRequest(call, endpoint.model, maxOutputTokens, endpoint.provider, dialect);
      let answer = EMPTY_ANSWER;
      let begun = false;
      try {
        const stream = await client.chat.completions.create(request, { signal });
        begun = true;
        for await (const chunk of stream) answer = withChunk(answer, chunk);
      } catch (error) {
        throw failureOf(error, endpoint, begun);
      }
      return replyOf(answer, call, maxOutputTokens, endpoint, dialect);
    },
  };
}

function replyOf(
  answer: PartialAnswer,
  call: ModelCall,
  maxOutputTokens: number,
  endpoint: ModelEndpoint,
  dialect: Dialect,
): ModelReply {
  // OpenRouter's word for an upstream that failed in the middle.
  if (answer.finish === null || answer.finish === 'error') throw streamCut(endpoint);
  return {
    message: messageOf(answer, endpoint.provider, dialect.returnsReasoning),
    stopReason: stopReasonOf(answer),
    // A server that does not report usage must not make calls free: the most it can have been stands in.
    usage: answer.usage ?? {
      inputTokens: mostInputTokens(call),
      outputTokens: maxOutputTokens,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
    },
    provider: endpoint.provider,
    model: endpoint.model,
  };
}

function failureOf(error: unknown, endpoint: ModelEndpoint, begun: boolean): ModelFailure {
  if (!(error instanceof APIError) || (error.status === undefined && error.error === undefined)) {
    return broken(endpoint, error, begun);
  }
  const body: unknown = error.error;
  // OpenRouter puts the status into `code`, also of errors within a stream.
  const code: unknown = error.code;
  const codes = [typeof code === 'number' ? `${code}` : error.code, error.type].filter(
    (code) => code != null,
  );
  return refused(endpoint, {
    status: error.status ?? codes.map(Number).find((code) => code >= 400 && code <= 599) ?? null,
    codes,
    text: messageText(body),
    retryAfterMs: retryAfterMs(error.headers, Date.now()),
  });
}

function messageText(body: unknown): string | null {
  if (typeof body !== 'object' || body === null || !('message' in body)) return null;
  return typeof body.message === 'string' ? body.message : null;
}
