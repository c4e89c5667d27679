import { placeOf, type Run } from '../../domain/run.ts';
import { type RunnerEvent } from '../../protocol/runner-event.ts';
import { type StreamMessage } from '../../protocol/stream-message.ts';
import { type StoredRun } from '../../run/ports.ts';
import { pullRequestOf } from '../run-document.ts';
import { createRunProgress } from './run-progress.ts';
import { type Said, saidBy } from './said.ts';

/** What a run's events say to whoever watches it, in ROMA's words. The same events always say the same. */
export interface StreamMessages {
  /** That there is a stream; it has no place in the order. */
  connected(stored: StoredRun, now: Date): StreamMessage;
  /** The first one of all. */
  started(): StreamMessage;
  /** What the next event says, in order; often one message. */
  next(event: RunnerEvent): readonly StreamMessage[];
  /** The last one: there is an outcome. */
  ended(stored: StoredRun): StreamMessage;
}

/** The id of the last message. */
export const LAST_ID = 'end';
const MAX_MESSAGE_LENGTH = 500;
/** The stage before the first phase of the runner. */
const FIRST_STAGE = 'queued';

/** Reads one run's events in their order, from the first. */
export function createStreamMessages(run: Run): StreamMessages {
  const progress = createRunProgress();
  let stage = FIRST_STAGE;

  const toMessage = (id: string, timestamp: string, said: Said): StreamMessage => ({
    id,
    event_type: said.type,
    timestamp,
    execution_id: run.execution?.id ?? run.id,
    stage: said.stage ?? stage,
    progress: progress.now(),
    message: said.message.slice(0, MAX_MESSAGE_LENGTH).toWellFormed(),
    data: { run_id: run.id, ...said.data },
    error: said.error ?? null,
  });
  const enter = (next: string): readonly Said[] => {
    const left = stage;
    if (left === next) return [];
    stage = next;
    const begun: Said = { type: 'stage_started', message: next };
    return left === FIRST_STAGE ? [begun] : [{ type: 'stage_completed', stage: left, message: left }, begun];
  };
  const said = (event: RunnerEvent): readonly Said[] => {
    if (event.type === 'runner.finished') return enter('publishing');
    if (event.subtask !== undefined) return [{ stage: `subtask ${event.subtask}`, ...saidBy(event) }];
    return event.type === 'phase' ? enter(event.phase) : [saidBy(event)];
  };

  return {
    connected: ({ phase }, now) =>
      toMessage('connected', now.toISOString(), { type: 'connected', message: `The run is ${phase}.` }),
    started: () =>
      toMessage('0.0', run.createdAt, {
        type: 'execution_started',
        message: `The run was taken: ${run.task.title}`,
        data: { place: placeOf(run) },
      }),
    next: (event) => {
      progress.saw(event);
      return said(event).map((each, part) => toMessage(`${event.seq}.${part}`, event.at, each));
    },
    ended: (stored) => {
      stage = 'finished';
      const end = endOf(stored);
      if (end.type === 'execution_completed') progress.complete();
      return toMessage(LAST_ID, stored.finishedAt ?? run.createdAt, end);
    },
  };
}

function endOf({ outcome }: StoredRun): Said {
  const isDone = outcome?.status === 'succeeded' || outcome?.status === 'unproven';
  const message = outcome?.problem?.message ?? `The run ended: ${outcome?.status ?? 'without an outcome'}.`;
  const data = {
    status: outcome?.status,
    pull_request: outcome && pullRequestOf(outcome),
    problem: outcome?.problem,
  };
  return isDone
    ? { type: 'execution_completed', message, data }
    : { type: 'execution_failed', message, data, error: message };
}
