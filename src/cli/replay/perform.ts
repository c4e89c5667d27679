import { type Problem } from '../../domain/errors.ts';
import { type Run } from '../../domain/run.ts';
import { type Recording } from '../../protocol/recording.ts';
import { type ModelRequestEvent, type RunnerEvent } from '../../protocol/runner-event.ts';
import { type RunnerJob } from '../../protocol/runner-job.ts';
import { type RunnerResult } from '../../protocol/runner-result.ts';
import { type Mailbox, type WorkspaceProvider } from '../../run/ports.ts';
import { tell } from '../../run/steps/answer-model-request.ts';
import { openMailbox } from '../../workspace/mailbox.ts';

/** What a runner said and did when it was given a recorded run's answers. */
export interface Performance {
  readonly events: readonly RunnerEvent[];
  readonly result: RunnerResult;
  /** The first request that the recording knows nothing of: the replay ended there. Null when there was none. */
  readonly unrecorded: ModelRequestEvent | null;
}

/** Runs the job in a fresh workspace of its own, which is gone afterwards. No model is asked. */
export async function perform(
  recording: Recording,
  job: RunnerJob,
  workspaces: WorkspaceProvider,
  signal: AbortSignal,
): Promise<Performance> {
  const run: Run = { ...recording.run, id: job.runId };
  try {
    const workspace = await workspaces.ensure(run, signal);
    const mailbox = openMailbox(workspace);
    await workspace.startRunner(job, signal);
    const answer = answerFrom(recording, mailbox);
    const events: RunnerEvent[] = [];
    let unrecorded: ModelRequestEvent | null = null;
    const position = { seq: firstSeqOf(job) - 1, offset: 0 };
    for await (const received of mailbox.follow(position, signal)) {
      for (const { event } of received) {
        events.push(event);
        if (event.type !== 'model.request' || unrecorded !== null) continue;
        if (await answer(event.requestId)) continue;
        unrecorded = event;
        await mailbox.put('cancel', { type: 'cancel', reason: 'the recording has no answer' });
      }
    }
    return { events, result: await mailbox.result(), unrecorded };
  } finally {
    await workspaces.remove(run.id);
  }
}

/** The number of the job's first event: a run that lost a workspace counts on in the next one. */
export const firstSeqOf = ({ resume }: Pick<RunnerJob, 'resume'>): number => resume?.firstSeq ?? 1;

/** Resolves to false when the recording has nothing to say to the request. */
function answerFrom(recording: Recording, mailbox: Mailbox): (requestId: string) => Promise<boolean> {
  const replies = new Map(
    recording.modelCalls
      .filter(({ reply }) => reply.stopReason !== 'refusal')
      .map(({ requestId, reply }) => [requestId, reply]),
  );
  const asked = new Set(
    recording.events.flatMap((event) => (event.type === 'model.request' ? [event.requestId] : [])),
  );
  return async (requestId) => {
    const reply = replies.get(requestId);
    if (reply !== undefined) {
      await tell(mailbox, requestId, reply);
      return true;
    }
    if (!asked.has(requestId)) return false;
    // It was asked then too, and what came was no answer.
    const problem = recording.result?.problem ?? NOT_ANSWERED;
    await mailbox.put(`error-${requestId.replace(/\W/g, '-')}`, { type: 'model.error', requestId, problem });
    return true;
  };
}

const NOT_ANSWERED: Problem = {
  code: 'not-answered',
  message: 'The recording ends before this request was answered.',
  remedy: 'Nothing to do.',
  retryable: false,
};
