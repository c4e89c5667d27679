import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { type AssistantMessage, type StopReason, type Usage } from '../protocol/conversation.ts';
import { parseToolInput } from './tool-input.ts';

const count = z.number().int().nonnegative().nullish();

/**
 * What we read of a chunk of a streamed Chat Completion. Compatible servers leave out, add and null as they
 * please, so everything is optional and checked here instead of trusting the SDK's types.
 */
const UsageReport = z.object({
  prompt_tokens: count,
  completion_tokens: count,
  /** Kimi's place for them; OpenAI's is the one below. */
  cached_tokens: count,
  prompt_tokens_details: z.object({ cached_tokens: count, cache_write_tokens: count }).nullish(),
});
const ToolCallDelta = z.object({
  index: z.number().int().nonnegative().nullish(),
  id: z.string().nullish(),
  function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
});
const Delta = z.object({
  content: z.string().nullish(),
  refusal: z.string().nullish(),
  reasoning_content: z.string().nullish(),
  tool_calls: z.array(ToolCallDelta).nullish(),
});
const Choice = z.object({
  delta: Delta.nullish(),
  finish_reason: z.string().nullish(),
  usage: UsageReport.nullish(),
});
const Chunk = z.object({ choices: z.array(Choice).nullish(), usage: UsageReport.nullish() });

interface PendingCall {
  readonly id: string;
  readonly name: string;
  readonly text: string;
}

/** A streamed answer, as far as it has come. */
export interface PartialAnswer {
  readonly text: string;
  readonly refusal: string;
  readonly reasoning: string;
  readonly calls: ReadonlyMap<number, PendingCall>;
  /** Null until the model said why it stopped: the answer is not whole. */
  readonly finish: string | null;
  /** Null until the server reported it; some never do. */
  readonly usage: Usage | null;
}

export const EMPTY_ANSWER: PartialAnswer = {
  text: '',
  refusal: '',
  reasoning: '',
  calls: new Map(),
  finish: null,
  usage: null,
};

/** The answer with one more chunk of the stream. Throws ZodError on a chunk of another shape. */
export function withChunk(answer: PartialAnswer, raw: unknown): PartialAnswer {
  const chunk = Chunk.parse(raw);
  const choice = chunk.choices?.[0];
  const usage = chunk.usage ?? choice?.usage;
  return {
    ...withDelta(answer, choice?.delta ?? {}),
    finish: choice?.finish_reason ?? answer.finish,
    usage: usage ? usageOf(usage) : answer.usage,
  };
}

function withDelta(answer: PartialAnswer, delta: z.infer<typeof Delta>): PartialAnswer {
  return {
    ...answer,
    text: answer.text + (delta.content ?? ''),
    refusal: answer.refusal + (delta.refusal ?? ''),
    reasoning: answer.reasoning + (delta.reasoning_content ?? ''),
    calls: (delta.tool_calls ?? []).reduce(withCall, answer.calls),
  };
}

function withCall(
  calls: ReadonlyMap<number, PendingCall>,
  delta: z.infer<typeof ToolCallDelta>,
): ReadonlyMap<number, PendingCall> {
  const index = delta.index ?? indexWithout(calls, delta.id);
  const known = calls.get(index);
  const id = delta.id ? delta.id : (known?.id ?? `call_${randomUUID()}`);
  const name = delta.function?.name ? delta.function.name : (known?.name ?? '');
  const text = (known?.text ?? '') + (delta.function?.arguments ?? '');
  return new Map(calls).set(index, { id, name, text });
}

/** Servers that give no index start a call with its id and continue the last one without. */
function indexWithout(calls: ReadonlyMap<number, PendingCall>, id: string | null | undefined): number {
  const known = [...calls].find(([, call]) => call.id === id);
  if (known !== undefined) return known[0];
  return id || calls.size === 0 ? calls.size : calls.size - 1;
}

function usageOf(report: z.infer<typeof UsageReport>): Usage | null {
  if (typeof report.prompt_tokens !== 'number') return null;
  const details = report.prompt_tokens_details;
  const cacheReadTokens = Math.min(details?.cached_tokens ?? report.cached_tokens ?? 0, report.prompt_tokens);
  const cacheWriteTokens = Math.min(details?.cache_write_tokens ?? 0, report.prompt_tokens - cacheReadTokens);
  return {
    inputTokens: report.prompt_tokens - cacheReadTokens - cacheWriteTokens,
    outputTokens: report.completion_tokens ?? 0,
    cacheReadTokens,
    cacheWriteTokens,
  };
}

/** The whole message; what its provider wants back with it goes into an opaque block when `keepReasoning`. */
export function messageOf(answer: PartialAnswer, provider: string, keepReasoning: boolean): AssistantMessage {
  const text = answer.text + answer.refusal;
  return {
    role: 'assistant',
    content: [
      ...(keepReasoning && answer.reasoning !== ''
        ? [{ type: 'opaque' as const, provider, data: { reasoning_content: answer.reasoning } }]
        : []),
      ...(text === '' ? [] : [{ type: 'text' as const, text }]),
      ...[...answer.calls]
        .toSorted(([a], [b]) => a - b)
        .map(([, call]) => ({
          type: 'tool_use' as const,
          id: call.id,
          name: call.name,
          input: parseToolInput(call.text),
        })),
    ],
  };
}

/** Why the model stopped. Some servers say `stop` after tool calls; the calls count. */
export function stopReasonOf(answer: PartialAnswer): StopReason {
  if (answer.refusal !== '' || answer.finish === 'content_filter') return 'refusal';
  if (answer.finish === 'length') return 'max_tokens';
  return answer.calls.size > 0 ? 'tool_use' : 'end';
}
