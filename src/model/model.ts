import { type ModelCall, type ModelReply } from '../protocol/conversation.ts';

/** One model of one provider, asked once: no retry, no budget, no choice. */
export interface Model {
  /**
   * Sends the whole conversation and resolves to the complete answer. Rejects with `ModelFailure`; an answer
   * whose end was not seen is a failure, never a short answer. After `signal` aborts it rejects soon, with
   * anything.
   */
  ask(call: ModelCall, maxOutputTokens: number, signal: AbortSignal): Promise<ModelReply>;
}

/** What it takes to reach a model. */
export interface ModelEndpoint {
  /** Name the operator knows the provider by; stands in replies and messages. */
  readonly provider: string;
  readonly model: string;
  readonly baseUrl: string;
  readonly apiKey: string;
  /** A request or an answer without a byte for so long is given up. */
  readonly idleTimeoutMs: number;
}
