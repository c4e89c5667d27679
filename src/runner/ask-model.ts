import { type ModelReply, type ToolSpec, type UserMessage } from '../protocol/conversation.ts';

/** One turn of a conversation: only what is new. */
export interface ModelRequest {
  readonly conversationId: string;
  /** With the first request of a conversation, null after it. */
  readonly system: string | null;
  readonly tools: readonly ToolSpec[] | null;
  readonly append: UserMessage;
  /** How often the checks have failed what was handed in so far: a stronger model may be asked. */
  readonly escalation: number;
  /** Index of the subtask it is asked for; absent outside of any. */
  readonly subtask?: number;
}

/**
 * The model, whoever stands behind it: the app at the other end of the mailbox, a provider, a recording.
 * Rejects with PtcError when there will be no answer, with the signal's reason when aborted.
 */
export type AskModel = (request: ModelRequest, signal: AbortSignal) => Promise<ModelReply>;
