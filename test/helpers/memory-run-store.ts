import { type Outcome, type Phase, type Run } from '../../src/domain/run.ts';
import { spendingOf } from '../../src/domain/spending.ts';
import { type RunnerEvent } from '../../src/protocol/runner-event.ts';
import { type RunnerJob } from '../../src/protocol/runner-job.ts';
import { type RunnerResult } from '../../src/protocol/runner-result.ts';
import {
  type FollowPosition,
  type RunStore,
  type StoredModelCall,
  type StoredRun,
} from '../../src/run/ports.ts';

interface Entry {
  stored: StoredRun;
  job: RunnerJob | null;
  result: RunnerResult | null;
  position: FollowPosition;
  readonly events: Map<number, RunnerEvent>;
  readonly calls: Map<string, StoredModelCall>;
}

/**
 * A RunStore in memory, for tests that are not about the database: one process, nothing survives it. Keeps the
 * promises of the interface: every method may be repeated, and one run of a subject is active.
 */
export function memoryRunStore(now: () => Date = () => new Date()): RunStore {
  const entries = new Map<string, Entry>();
  return {
    ...runRecords(entries, now),
    ...runContents(entries),
    ...modelCalls(entries),
  };
}

type Entries = Map<string, Entry>;

function runRecords(
  entries: Entries,
  now: () => Date,
): Pick<
  RunStore,
  | 'create'
  | 'get'
  | 'cancelRequestedBy'
  | 'ofSubject'
  | 'list'
  | 'heads'
  | 'queued'
  | 'addWarning'
  | 'enterPhase'
  | 'setCommentId'
  | 'requestCancel'
  | 'finish'
> {
  const newestFirst = () =>
    [...entries.values()]
      .map(({ stored }) => stored)
      .toSorted(
        ({ run: a }, { run: b }) =>
          Date.parse(b.createdAt) - Date.parse(a.createdAt) || (a.id < b.id ? 1 : -1),
      );
  const ofSubject = (repositoryId: number, number: number) => {
    const runs = newestFirst().filter(
      ({ run }) => run.repository?.id === repositoryId && run.subject?.number === number,
    );
    return runs.find((stored) => stored.finishedAt === null) ?? runs[0] ?? null;
  };
  const change = (runId: string, to: (stored: StoredRun) => Partial<StoredRun>) => {
    const entry = entries.get(runId);
    if (entry !== undefined) entry.stored = { ...entry.stored, ...to(entry.stored) };
  };
  const changeUnfinished = (runId: string, to: (stored: StoredRun) => Partial<StoredRun>) =>
    change(runId, (stored) => (stored.finishedAt === null ? to(stored) : {}));

  return {
    create: async (run) => {
      if (entries.has(run.id)) return 'exists';
      if (run.subject !== null && ofSubject(run.repository.id, run.subject.number)?.finishedAt === null)
        return 'subject-busy';
      entries.set(run.id, newEntry(run));
      return 'created';
    },
    get: async (runId) => entries.get(runId)?.stored ?? null,
    cancelRequestedBy: async (runId) => entries.get(runId)?.stored.cancelRequestedBy ?? null,
    ofSubject: async (repositoryId, { number }) => ofSubject(repositoryId, number),
    list: async (limit, { before, status } = { before: null, status: null }) => {
      const all = newestFirst();
      const last = before === null ? -1 : all.findIndex(({ run }) => run.id === before);
      const rest = before !== null && last === -1 ? [] : all.slice(last + 1);
      return rest.filter((stored) => status === null || statusOf(stored) === status).slice(0, limit);
    },
    heads: async (runIds) =>
      runIds.flatMap((runId) => {
        const entry = entries.get(runId);
        if (entry === undefined) return [];
        const { stored, position } = entry;
        return [{ runId, seq: position.seq, phase: stored.phase, isFinished: stored.finishedAt !== null }];
      }),
    queued: async () =>
      newestFirst()
        .filter(({ phase, finishedAt }) => phase === 'queued' && finishedAt === null)
        .map(({ run }) => run.id)
        .toReversed(),
    addWarning: async (runId, words) =>
      change(runId, ({ warnings }) => (warnings.includes(words) ? {} : { warnings: [...warnings, words] })),
    enterPhase: async (runId, phase: Phase) => {
      const by = entries.get(runId)?.stored.cancelRequestedBy ?? null;
      const entered = by === null ? { phase } : {};
      changeUnfinished(runId, ({ startedAt }) => ({
        ...entered,
        startedAt: startedAt ?? now().toISOString(),
      }));
      return by;
    },
    setCommentId: async (runId, commentId) => change(runId, () => ({ commentId })),
    requestCancel: async (runId, by) =>
      changeUnfinished(runId, ({ cancelRequestedBy }) => ({ cancelRequestedBy: cancelRequestedBy ?? by })),
    finish: async (runId, outcome: Outcome) =>
      changeUnfinished(runId, () => ({ outcome, phase: 'finished', finishedAt: now().toISOString() })),
  };
}

function runContents(
  entries: Entries,
): Pick<
  RunStore,
  'saveJob' | 'job' | 'saveResult' | 'result' | 'appendEvents' | 'position' | 'readFromStart' | 'events'
> {
  return {
    saveJob: async (runId, job) => {
      const entry = entries.get(runId);
      if (entry !== undefined) entry.job = job;
    },
    job: async (runId) => entries.get(runId)?.job ?? null,
    saveResult: async (runId, result) => {
      const entry = entries.get(runId);
      if (entry !== undefined) entry.result = result;
    },
    result: async (runId) => entries.get(runId)?.result ?? null,
    appendEvents: async (runId, received) => {
      const entry = entries.get(runId);
      for (const { event, position } of entry === undefined ? [] : received) {
        if (!entry?.events.has(event.seq)) entry?.events.set(event.seq, event);
        if (entry !== undefined && position.seq > entry.position.seq) entry.position = position;
      }
    },
    position: async (runId) => entries.get(runId)?.position ?? { seq: 0, offset: 0 },
    readFromStart: async (runId) => {
      const entry = entries.get(runId);
      if (entry !== undefined) entry.position = { ...entry.position, offset: 0 };
    },
    events: async (runId, afterSeq) =>
      [...(entries.get(runId)?.events.values() ?? [])]
        .filter((event) => event.seq > afterSeq)
        .toSorted((a, b) => a.seq - b.seq),
  };
}

function modelCalls(entries: Entries): Pick<RunStore, 'saveModelCall' | 'modelCalls' | 'spending'> {
  const callsOf = (runId: string) => [...(entries.get(runId)?.calls.values() ?? [])];
  return {
    saveModelCall: async (runId, call) => {
      const calls = entries.get(runId)?.calls;
      const { provider, model, stopReason } = call.reply;
      // A request has one answer, and a refusal of each model asked before.
      const key = stopReason === 'refusal' ? `${call.requestId} ${provider}:${model}` : call.requestId;
      if (!calls?.has(key)) calls?.set(key, call);
    },
    modelCalls: async (runId) => callsOf(runId),
    spending: async (runId) =>
      spendingOf(
        callsOf(runId).map(({ reply, costUsd, passedOver, escalated }) => ({
          model: `${reply.provider}:${reply.model}`,
          costUsd,
          inputTokens: reply.usage.inputTokens + reply.usage.cacheReadTokens + reply.usage.cacheWriteTokens,
          outputTokens: reply.usage.outputTokens,
          fellOver: passedOver.length > 0,
          escalated,
        })),
      ),
  };
}

const statusOf = ({ outcome, phase }: StoredRun) =>
  outcome?.status ?? (phase === 'queued' ? 'queued' : 'running');

function newEntry(run: Run): Entry {
  return {
    stored: {
      run,
      phase: 'queued',
      cancelRequestedBy: null,
      outcome: null,
      warnings: [],
      commentId: null,
      startedAt: null,
      finishedAt: null,
    },
    job: null,
    result: null,
    position: { seq: 0, offset: 0 },
    events: new Map(),
    calls: new Map(),
  };
}
