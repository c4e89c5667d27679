import { type Plan, toDocument } from '../../domain/plan.ts';
import { type Outcome, type Run, type Spending } from '../../domain/run.ts';
import { fullName } from '../../domain/trigger.ts';
import { type WebhookData } from '../../protocol/outgoing-webhook.ts';
import { type Proof } from '../../protocol/proof.ts';
import { type OutgoingWebhook, type RunPolicy } from '../ports.ts';
import { runUrl } from './run-url.ts';

/*
 * What the outside is told of a run. Ids are made of the run's alone: a step that is done again after a crash
 * enqueues the same event.
 */

type Policy = Pick<RunPolicy, 'publicUrl'>;

export const acceptedWebhook = (policy: Policy, run: Run): OutgoingWebhook => ({
  id: `${run.id}.accepted`,
  runId: run.id,
  type: 'run.accepted',
  payload: { ...atFirst(policy, run), status: 'accepted' } satisfies WebhookData,
});

/** Once a run, whatever its workspaces plan later. */
export function plannedWebhook(policy: Policy, run: Run, plan: Plan): OutgoingWebhook {
  const { subtasks, dependencies_graph: graph } = toDocument(plan);
  const shown = subtasks.map(({ goal, task_type }) => ({ goal, task_type }));
  return {
    id: `${run.id}.planned`,
    runId: run.id,
    type: 'run.planned',
    payload: {
      ...atFirst(policy, run),
      status: 'planned',
      plan: { subtasks: shown, dependencies_graph: graph ?? {} },
    } satisfies WebhookData,
  };
}

const RESULT_TYPES = {
  succeeded: 'run.completed',
  unproven: 'run.completed',
  failed: 'run.failed',
  cancelled: 'run.cancelled',
} as const satisfies Record<Outcome['status'], OutgoingWebhook['type']>;

export const resultWebhook = (
  policy: Policy,
  run: Run,
  outcome: Outcome,
  proof: Proof | null,
  { costUsd, models }: Spending,
): OutgoingWebhook => ({
  id: `${run.id}.result`,
  runId: run.id,
  type: RESULT_TYPES[outcome.status],
  payload: {
    ...atFirst(policy, run),
    status: outcome.status,
    pull_request: outcome.publication && {
      number: outcome.publication.pullRequestNumber,
      url: outcome.publication.pullRequestUrl,
      branch: outcome.publication.branch,
      commit: outcome.publication.commitSha,
      draft: outcome.publication.draft,
    },
    proof: proof?.verdict ?? null,
    cost_usd: costUsd,
    models: models.map(({ name }) => name),
    problem: outcome.problem,
  } satisfies WebhookData,
});

const atFirst = (policy: Policy, run: Run): Omit<WebhookData, 'status'> => ({
  run_id: run.id,
  execution: run.execution && {
    execution_id: run.execution.id,
    roma_task_id: run.execution.romaTaskId,
  },
  repository: run.repository && fullName(run.repository),
  subject: run.subject && { kind: run.subject.kind, number: run.subject.number, url: run.subject.url },
  requested_by: run.requester?.login ?? null,
  plan: null,
  pull_request: null,
  proof: null,
  cost_usd: 0,
  models: [],
  problem: null,
  run_url: runUrl(policy, run.id),
});
