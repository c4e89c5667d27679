import { branchNameOfGoal } from '../../domain/branch-name.ts';
import { type Plan, readPlan } from '../../domain/plan.ts';
import { fitLine } from '../../domain/report/text.ts';
import { type ArtifactRun, type RepositoryRun, type Run, type RunOptions } from '../../domain/run.ts';
import { type PTCExecutionPlan, type RomaProvider } from '../../protocol/roma.ts';
import { type ResolvedRepository } from '../resolve-repository.ts';
import { taskOf } from './task-text.ts';

const MAX_NAME = 200;

/** ROMA's name for who makes a model, and ours for where it is asked. */
const PROVIDERS: Readonly<Record<RomaProvider, string>> = {
  claude: 'anthropic',
  kimi: 'kimi',
  openai: 'openai',
};

/** ROMA's name of a provider; our own where ROMA has none. */
export const romaProvider = (provider: string): string =>
  Object.entries(PROVIDERS).find(([, ours]) => ours === provider)?.[0] ?? provider;

/**
 * The run that does an execution: one piece of work unless its plan carries subtasks.
 * @param site null for work from nothing
 */
export function runOfPlan(
  plan: PTCExecutionPlan,
  identity: Pick<Run, 'id' | 'callbackUrl' | 'createdAt'>,
  site: ResolvedRepository | null,
): Run {
  const task = taskOf(plan.scaffolding);
  const asked = {
    ...identity,
    requester: null,
    task,
    plan: planIn(plan.metadata),
    options: optionsOf(plan, site !== null),
    execution: {
      id: plan.execution_id,
      romaTaskId: plan.roma_task_id,
      projectName: plan.project_name === null ? null : fitLine(plan.project_name, MAX_NAME),
    },
  };
  if (site === null) return { ...asked, repository: null, subject: null } satisfies ArtifactRun;
  const { installationId, repository, baseBranch } = site;
  return {
    ...asked,
    installationId,
    repository,
    subject: null,
    commentId: null,
    allow: [],
    target: { mode: 'new-pull-request', baseBranch, headBranch: branchNameOfGoal(task.title, identity.id) },
  } satisfies RepositoryRun;
}

const planIn = (metadata: PTCExecutionPlan['metadata']): Plan | null =>
  metadata.plan ? readPlan(metadata.plan) : null;

function optionsOf(plan: PTCExecutionPlan, hasRepository: boolean): RunOptions {
  const preferred = plan.fallback_llm === null ? [plan.primary_llm] : [plan.primary_llm, plan.fallback_llm];
  const tested = hasRepository ? 'proof' : 'validation';
  return {
    acceptance: plan.enable_testing ? tested : 'as-is',
    budgetUsd: null,
    models: [...new Set(preferred)].map((name) => PROVIDERS[name]),
    attempts: plan.max_iterations,
    timeoutMs: plan.timeout_seconds * 1000,
    dependencies: plan.scaffolding.dependencies,
    planned: false,
  };
}
