import { PtcError } from '../domain/errors.ts';
import {
  type Message,
  type ModelCall,
  type ModelChoice,
  type ModelReply,
  type ToolSpec,
} from '../protocol/conversation.ts';
import { type ModelRequestEvent, type RunnerEvent } from '../protocol/runner-event.ts';

type Request = Omit<ModelRequestEvent, 'seq' | 'at' | 'type'>;

/** The conversations of one run, whole: the runner only ever says what is new. */
export interface Conversations {
  /** The id that the next request of the conversation must have. */
  nextRequestId(conversationId: string): string;
  /** Takes up a request. Throws `mailbox-invalid` when it does not follow on what was said before. */
  open(request: Request): ModelCall;
  close(request: Request, reply: ModelReply): void;
  /** Which model answered last in this conversation, null before the first answer. */
  lastAnswer(conversationId: string): LastAnswer | null;
}

export interface LastAnswer {
  readonly model: ModelChoice;
  /** The escalation it was asked with. */
  readonly escalation: number;
}

interface Conversation {
  readonly system: string;
  readonly tools: readonly ToolSpec[];
  readonly messages: Message[];
  asked: number;
  lastAnswer: LastAnswer | null;
}

export function createConversations(): Conversations {
  const conversations = new Map<string, Conversation>();
  const nextRequestId = (id: string): string => `${id}/${(conversations.get(id)?.asked ?? 0) + 1}`;
  return {
    nextRequestId,
    open: (request) => {
      const conversation = conversations.get(request.conversationId) ?? begin(request);
      conversations.set(request.conversationId, conversation);
      const expected = nextRequestId(request.conversationId);
      if (request.requestId !== expected) {
        throw invalid(`it asked ${request.requestId} where ${expected} was due`);
      }
      conversation.asked += 1;
      conversation.messages.push(request.append);
      const { system, tools, messages } = conversation;
      return { system, tools, messages: [...messages] };
    },
    close: (request, reply) => {
      const conversation = conversations.get(request.conversationId);
      if (conversation === undefined) return;
      conversation.messages.push(reply.message);
      const { provider, model } = reply;
      conversation.lastAnswer = { model: { provider, model }, escalation: request.escalation };
    },
    lastAnswer: (conversationId) => conversations.get(conversationId)?.lastAnswer ?? null,
  };
}

function begin(request: Request): Conversation {
  if (request.system === null || request.tools === null)
    throw invalid(`the conversation ${request.conversationId} began without a system prompt`);
  return { system: request.system, tools: request.tools, messages: [], asked: 0, lastAnswer: null };
}

const invalid = (what: string): PtcError =>
  new PtcError({
    code: 'mailbox-invalid',
    message: `The runner broke the protocol: ${what}.`,
    remedy: 'Start the run again; if this happens twice, report it with the run id.',
    retryable: false,
  });

/** A request taken up again after a restart: what was said, and the answer if it was paid for already. */
export interface Recalled {
  readonly request: ModelRequestEvent;
  readonly call: ModelCall;
  readonly reply: ModelReply | null;
}

/** Brings conversations back from what was stored, and says how each one's last request stands. */
export function recall(
  conversations: Conversations,
  events: readonly RunnerEvent[],
  calls: readonly { readonly requestId: string; readonly reply: ModelReply }[],
): readonly Recalled[] {
  const answers = calls.filter(({ reply }) => reply.stopReason !== 'refusal');
  const replies = new Map(answers.map((call) => [call.requestId, call.reply]));
  const latest = new Map<string, Recalled>();
  for (const request of events) {
    if (request.type !== 'model.request') continue;
    const call = conversations.open(request);
    const reply = replies.get(request.requestId) ?? null;
    if (reply !== null) conversations.close(request, reply);
    latest.set(request.conversationId, { request, call, reply });
  }
  return [...latest.values()];
}
