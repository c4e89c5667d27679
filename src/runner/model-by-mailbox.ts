import { PtcError } from '../domain/errors.ts';
import { inLife } from '../protocol/life.ts';
import { type AskModel } from './ask-model.ts';
import { type Emit } from './events.ts';
import { type Inbox } from './inbox.ts';

/**
 * The model at the other end of the mailbox. A request is made once: the app has retried in every way there
 * is before it says that there will be no answer.
 * @param life how many workspaces of the run were lost before: their conversations are over
 */
export function modelByMailbox(emit: Emit, inbox: Inbox, life: number): AskModel {
  const asked = new Map<string, number>();
  return async (request, signal) => {
    const { conversationId: name, ...rest } = request;
    const conversationId = inLife(name, life);
    const number = (asked.get(conversationId) ?? 0) + 1;
    asked.set(conversationId, number);
    const requestId = `${conversationId}/${number}`;
    const answer = inbox.answerTo(requestId, signal);
    emit({ type: 'model.request', requestId, conversationId, ...rest });
    const { reply, problem } = await answer;
    if (problem !== null) throw new PtcError(problem);
    return reply;
  };
}
