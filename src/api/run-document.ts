import { type Plan, toDocument } from '../domain/plan.ts';
import { type Outcome, type Run, type Spending } from '../domain/run.ts';
import { fullName } from '../domain/trigger.ts';
import { type RunnerEvent } from '../protocol/runner-event.ts';
import { type RunnerResult } from '../protocol/runner-result.ts';
import { type RunDocument, type RunReceipt, type RunStatus, type RunSummary } from '../protocol/runs-api.ts';
import { type StoredRun } from '../run/ports.ts';
import { planOf, readSchedule, type Standing } from './pages/plan/read-schedule.ts';

/** Everything that one run's document is made of. */
export interface RunParts {
  readonly stored: StoredRun;
  readonly events: readonly RunnerEvent[];
  readonly result: RunnerResult | null;
  readonly spending: Spending;
}

/** Where a run is under the API. */
export const pathOf = (runId: string): string => `/api/v1/runs/${encodeURIComponent(runId)}`;

const statusOf = ({ outcome, phase }: StoredRun): RunStatus =>
  outcome?.status ?? (phase === 'queued' ? 'queued' : 'running');

/** @param origin address of this server as whoever asks sees it, without a trailing slash */
export const receiptOf = (stored: StoredRun, origin: string): RunReceipt => ({
  id: stored.run.id,
  url: origin + pathOf(stored.run.id),
  status: statusOf(stored),
});

/** What was put on the forge, if anything was. */
export const pullRequestOf = ({ publication }: Outcome): RunSummary['pull_request'] =>
  publication && {
    number: publication.pullRequestNumber,
    url: publication.pullRequestUrl,
    branch: publication.branch,
    commit: publication.commitSha,
    draft: publication.draft,
  };

/** The run as one line of the list. The address of its callback may be a secret of whoever asked. */
export function summaryOf(stored: StoredRun, origin: string): RunSummary {
  const { run, phase, outcome, startedAt, finishedAt } = stored;
  return {
    ...receiptOf(stored, origin),
    phase,
    repository: run.repository && fullName(run.repository),
    subject: run.subject && { kind: run.subject.kind, number: run.subject.number, url: run.subject.url },
    execution: run.execution && { execution_id: run.execution.id, roma_task_id: run.execution.romaTaskId },
    requested_by: run.requester?.login ?? null,
    title: run.task.title,
    pull_request: outcome && pullRequestOf(outcome),
    problem: outcome?.problem ?? null,
    created_at: run.createdAt,
    started_at: startedAt,
    finished_at: finishedAt,
  };
}

/** All that is told of one run. */
export function documentOfRun(parts: RunParts, origin: string): RunDocument {
  const { stored, result, spending } = parts;
  const { run, outcome, warnings, cancelRequestedBy } = stored;
  const { title, body, words } = run.task;
  const url = origin + pathOf(run.id);
  return {
    ...summaryOf(stored, origin),
    goal: [title, body, words].filter((part) => part.trim() !== '').join('\n\n'),
    base: run.repository && run.target.baseBranch,
    branch: outcome?.publication?.branch ?? (run.repository && run.target.headBranch),
    plan: planView(run, parts),
    proof: result?.proof ? { verdict: result.proof.verdict, reasons: result.proof.reasons } : null,
    warnings,
    cancel_requested_by: cancelRequestedBy,
    spending: {
      ...amounts(spending),
      models: spending.models.map((part) => ({ name: part.name, ...amounts(part) })),
    },
    links: {
      events: `${url}/events`,
      patch: `${url}/patch`,
      cancel: `${url}/cancel`,
      retry: `${url}/retry`,
      page: `${origin}/runs/${encodeURIComponent(run.id)}`,
    },
  };
}

const STATES = {
  waiting: 'waiting',
  'at work': 'at-work',
  'worked out': 'worked-out',
  done: 'done',
  failed: 'failed',
  skipped: 'skipped',
  stopped: 'stopped',
} as const satisfies Record<Standing, string>;

/** The plan the workspace works by; until it says so, the one that came with the request. */
function planView(run: Run, { stored, events }: RunParts): RunDocument['plan'] {
  const plan: Plan | null = planOf(events) ?? run.plan;
  if (plan === null) return null;
  const { rows } = readSchedule(events, stored.outcome === null ? new Date() : null) ?? { rows: [] };
  const byIndex = new Map(rows.map((row) => [row.index, row]));
  return {
    subtasks: plan.subtasks.map(({ goal, task_type }, index) => {
      const row = byIndex.get(index);
      return { goal, task_type, state: STATES[row?.standing ?? 'waiting'], detail: row?.detail ?? '' };
    }),
    dependencies_graph: toDocument(plan).dependencies_graph ?? {},
  };
}

const amounts = ({
  costUsd,
  requests,
  inputTokens,
  outputTokens,
}: Omit<Spending['models'][number], 'name'>) => ({
  cost_usd: costUsd,
  requests,
  input_tokens: inputTokens,
  output_tokens: outputTokens,
});
