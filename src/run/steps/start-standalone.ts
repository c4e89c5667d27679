import { createHash, randomBytes } from 'node:crypto';
import { type RepositorySettings } from '../../domain/repository-settings.ts';
import { type RepositoryRun, type Target } from '../../domain/run.ts';
import { type Ports, type StandaloneSettings } from '../ports.ts';
import { awaitWorkspace } from './await-workspace.ts';
import { budgetOf } from './provision.ts';

/** What a token must still be good for when the work is done, to push it. */
const TIME_TO_PUSH_MS = 5 * 60_000;
/** Once its time is up the workspace gathers what it has, and tells of it. */
const TIME_TO_END_MS = 3 * 60_000;
const SECRET_BYTES = 32;

export interface StandaloneOrder {
  readonly run: RepositoryRun;
  readonly target: Extract<Target, { mode: 'new-pull-request' }>;
  readonly settings: RepositorySettings;
  /** Of the model and its provider. */
  readonly variables: Readonly<Record<string, string>>;
  readonly standalone: StandaloneSettings;
}

/** What was settled before the workspace was left to itself. */
export interface StandaloneTerms {
  /** When it is given up, whatever it says. */
  readonly deadline: string;
}

/**
 * A workspace that does the run by itself. It gets a token that may push to this one repository, the key of one
 * provider, and a secret of its own to post webhooks with, of which only the hash is kept. Rejects as workspaces
 * and the forge do.
 */
export async function startStandalone(ports: Ports, order: StandaloneOrder): Promise<StandaloneTerms> {
  const { run } = order;
  const workspace = await awaitWorkspace(ports, run);
  const mostMs = Math.min(ports.policy.job.limits.jobTimeoutMs, run.options.timeoutMs ?? Infinity);
  if ((await workspace.runnerState()) === 'not-started') {
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    await ports.standaloneRuns.expect(run.id, createHash('sha256').update(secret).digest('hex'));
    const { token, expiresAt } = await ports.forge.workToken(run);
    const tokenMs = Date.parse(expiresAt) - Date.now() - TIME_TO_PUSH_MS;
    const timeoutMs = Math.max(1000, Math.min(mostMs, tokenMs));
    const variables = { ...variablesOf(ports, order, timeoutMs), GITHUB_TOKEN: token };
    await workspace.startStandalone({ ...variables, WEBHOOK_URL: webhookUrl(order, secret) }, ports.stopping);
  }
  return { deadline: new Date(Date.now() + mostMs + TIME_TO_END_MS).toISOString() };
}

function webhookUrl({ run, standalone }: StandaloneOrder, secret: string): string {
  return `${standalone.webhooksUrl}?${new URLSearchParams({ run: run.id, secret }).toString()}`;
}

/** All that is no secret of this run. */
function variablesOf(
  ports: Ports,
  { run, target, settings, variables, standalone }: StandaloneOrder,
  timeoutMs: number,
): Readonly<Record<string, string>> {
  const { limits, isolation } = ports.policy.job;
  const { title, body, words } = run.task;
  return {
    ...variables,
    TARGET_REPO: run.repository.cloneUrl,
    TASK_ID: run.id,
    WORKSPACE_ID: run.id,
    AGENT_PROMPT: [title, body, words].filter((part) => part.trim() !== '').join('\n\n'),
    BRANCH_NAME: target.headBranch,
    BASE_BRANCH: target.baseBranch,
    GITHUB_API_URL: standalone.forgeUrl,
    PTC_BUDGET_USD: String(budgetOf(ports, run, settings)),
    PTC_JOB_TIMEOUT_S: String(Math.floor(timeoutMs / 1000)),
    PTC_MEMORY_MB: String(limits.memoryMb),
    PTC_REGISTRIES: isolation.registries.join(','),
    PTC_UNSAFE_NO_ISOLATION: String(isolation.allowNone),
    ...(isolation.uid === null ? {} : { PTC_COMMAND_UID: String(isolation.uid) }),
  };
}
