import { mkdirSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Problem, PtcError, toProblem } from '../../domain/errors.ts';
import { type WorkspaceNews } from '../../domain/workspace-news.ts';
import { createModels } from '../../model/router.ts';
import { type RunnerJob } from '../../protocol/runner-job.ts';
import { isProven, type RunnerResult } from '../../protocol/runner-result.ts';
import { PROTOCOL_VERSION } from '../../protocol/version.ts';
import { jobTimedOut } from '../failure.ts';
import { type Connect, runInFolder } from '../run-in-folder.ts';
import { workspaceFolder } from '../workspace-folder.ts';
import { isMilestone, lineOf, plainLine } from './event-words.ts';
import { type AskedModels, modelByProvider } from './model-by-provider.ts';
import { openPullRequest } from './pull-request.ts';
import { commitResult } from './publish.ts';
import { type Redact, redactor } from './redaction.ts';
import { type Base, findBase, pushNewBranch, type Remote } from './remote.ts';
import { bodyOf, messageOf, type Story, titleOf } from './texts.ts';
import { type Environment, type Order, readOrder, readWhereabouts, SECRETS } from './variables.ts';
import { openWebhooks, type WebhookNews, type Webhooks } from './webhooks.ts';

export interface Standing {
  readonly env: Environment;
  /** Where all of it lies; exists, and nothing was done in it before. */
  readonly folder: string;
  /** Ends the run; its reason is a PtcError, or whatever nobody foresaw. */
  readonly stop: AbortController;
  /** Takes one line at a time. */
  readonly print: (line: string) => void;
}

export type ExitCode = 0 | 1 | 124;

/**
 * The whole job with nobody else there: clone, change, proof, commit, push, pull request, and a webhook for each
 * of them. Never rejects: whatever goes wrong is told by a webhook and the exit code, 124 when the time was up or
 * it was ended from outside. Leaves result.json, end.json (the body of the webhook that says how it ended) and, with
 * a change, change.patch in the folder.
 */
export async function standAlone({ env, folder, stop, print }: Standing): Promise<ExitCode> {
  const redact = redactor(secretsOf(env));
  const say = (text: string): void => print(plainLine(redact(text)));
  const whereabouts = readWhereabouts(env);
  const webhooks = openWebhooks(whereabouts, redact, say);
  webhooks.tell({ type: 'workspace.created', status: 'running' });
  const published: Published = { branch: null, prUrl: '', patch: null };
  const problem = await problemOf(async () => {
    const order = readOrder(env);
    const timer = setTimeout(() => stop.abort(jobTimedOut(order.timeoutMs)), order.timeoutMs);
    try {
      await work({ order, folder: realpathSync(folder), stop, redact, say, webhooks }, published);
    } finally {
      clearTimeout(timer);
    }
  });
  const { branch, prUrl, patch } = published;
  const where = { prUrl, ...(branch === null ? {} : { branchName: branch }) };
  const end = problem === null ? doneWith(published) : failedBy(problem, patch);
  say(end.error ?? `done: ${end.message}`);
  keepEnd(folder, webhooks.bodyOf({ ...end, ...where }), say);
  webhooks.tell({ ...end, ...where });
  webhooks.tell({ type: 'workspace.status', status: whereabouts.keepsAlive ? 'running' : 'stopped' });
  await webhooks.settled();
  return problem === null ? 0 : ENDED_FROM_OUTSIDE.has(problem.code) ? 124 : 1;
}

const doneWith = ({ branch, prUrl, patch }: Published): WebhookNews => ({
  type: 'task.completed',
  status: 'success',
  message: prUrl || (branch === null ? `The patch is ${patch}` : `Pushed ${branch}`),
});

function failedBy({ code, message, remedy }: Problem, patch: string | null): WebhookNews {
  const kept = patch === null ? '' : ` The patch made so far is kept as ${patch}.`;
  return {
    type: 'task.failed',
    status: 'failed',
    error: `${code}: ${message} ${remedy}${kept}`,
    message: remedy,
  };
}

/** For whoever can look into the folder, should the webhook be lost: first of all it is kept. */
function keepEnd(folder: string, end: WorkspaceNews, say: (text: string) => void): void {
  const file = join(folder, 'end.json');
  try {
    writeFileSync(`${file}.new`, JSON.stringify(end));
    renameSync(`${file}.new`, file);
  } catch (error) {
    say(`The end could not be kept: ${toProblem(error).message}`);
  }
}

const ENDED_FROM_OUTSIDE: ReadonlySet<string> = new Set(['cancelled', 'job-timeout']);

/** How far it came; null and empty where it did not. */
interface Published {
  branch: string | null;
  prUrl: string;
  patch: string | null;
}

interface Work {
  readonly order: Order;
  readonly folder: string;
  readonly stop: AbortController;
  readonly redact: Redact;
  readonly say: (text: string) => void;
  readonly webhooks: Webhooks;
}

async function problemOf(body: () => Promise<void>): Promise<Problem | null> {
  try {
    await body();
    return null;
  } catch (error) {
    return toProblem(error);
  }
}

/** Rejects with what ended it badly; `published` says what there is all the same. */
async function work(given: Work, published: Published): Promise<void> {
  const { order, folder, stop } = given;
  const gitDir = workspaceFolder(folder).git;
  mkdirSync(gitDir, { recursive: true });
  const remote: Remote = { gitDir, cloneUrl: order.target.cloneUrl, token: order.githubToken };
  const base = await findBase(remote, order.baseBranch, stop.signal);
  if (base.branch === order.branch) throw branchIsBase(base.branch);
  const asked = modelByProvider(createModels(order), order.budgetUsd);
  writeFileSync(workspaceFolder(folder).job, JSON.stringify(jobOf(order, base)));
  const result = await runInFolder(folder, stop, connectTo(given, asked));
  if (result.diff !== '') {
    published.patch = join(folder, 'change.patch');
    writeFileSync(published.patch, result.diff);
  }
  const failure = failureOf(result);
  if (result.diff !== '' && !ENDED_FROM_OUTSIDE.has(failure?.code ?? '')) {
    const story = { taskId: order.taskId, result, spending: asked.spending(), failure };
    const refusal = await problemOf(() => publish(given, { remote, base, story }, published));
    if (failure !== null && refusal !== null) given.say(`No draft was left: ${refusal.message}`);
    else if (refusal !== null) throw new PtcError(refusal);
  }
  if (failure !== null) throw new PtcError(failure);
}

interface Publication {
  readonly remote: Remote;
  readonly base: Base;
  readonly story: Story;
}

/** As far as it is wanted. A run that failed leaves its work as a draft too. */
async function publish(
  { order, stop: { signal }, redact, webhooks }: Work,
  { remote, base, story }: Publication,
  published: Published,
): Promise<void> {
  const message = redact(messageOf(story));
  const commit = await commitResult(remote.gitDir, story.result, message, signal);
  const { githubToken } = order;
  if (!order.pushes || githubToken === null) return;
  const branch = await pushNewBranch(remote, commit, order.branch, signal);
  published.branch = branch;
  if (!order.opensPullRequest) return;
  published.prUrl = await openPullRequest(
    order.target,
    githubToken,
    {
      head: branch,
      base: base.branch,
      title: redact(titleOf(story)),
      body: redact(bodyOf(story)),
      draft: story.failure !== null || !isProven(story.result),
    },
    signal,
  );
  const { prUrl } = published;
  webhooks.tell({
    type: 'pr.created',
    status: 'success',
    prUrl,
    branchName: branch,
    message: titleOf(story),
  });
}

const failureOf = ({ problem, diff }: RunnerResult): Problem | null =>
  problem ?? (diff === '' ? NO_CHANGE : null);

/** There is no mailbox: models are asked by ourselves, and nobody says anything meanwhile. */
const connectTo =
  ({ order, say, webhooks }: Work, asked: AskedModels): Connect =>
  (_job, { emit }) => {
    const heard: typeof emit = (event) => {
      emit(event);
      const line = lineOf(event);
      if (line === null) return;
      say(line);
      if (isMilestone(event)) webhooks.tell({ type: 'task.progress', status: 'running', message: line });
    };
    return {
      inbox: {
        cloneToken: () => Promise.resolve(order.githubToken ?? ''),
        readMessages: () => () => [],
      },
      ask: asked.ask(heard),
      emit: heard,
      close: () => {},
    };
  };

function jobOf(order: Order, base: Base): RunnerJob {
  const { target, prompt } = order;
  const [title = ''] = prompt.trim().split('\n', 1);
  return {
    protocolVersion: PROTOCOL_VERSION,
    runId: order.taskId,
    repository: {
      fullName: `${target.owner}/${target.name}`,
      cloneUrl: target.cloneUrl,
      baseBranch: base.branch,
      baseSha: base.sha,
      needsToken: order.githubToken !== null,
    },
    task: { title: title.slice(0, 200), body: prompt, words: '' },
    plan: null,
    mode: 'run',
    acceptance: 'proof',
    dependencies: [],
    resume: null,
    checks: { setup: null, test: null, lint: null, typecheck: null },
    limits: {
      attempts: 3,
      turns: 80,
      parallel: 4,
      commandTimeoutMs: 300_000,
      checkTimeoutMs: 900_000,
      jobTimeoutMs: order.timeoutMs,
      outputLimitBytes: 32 * 1024 * 1024,
      memoryMb: order.memoryMb,
      processes: 512,
      fileSizeMb: 1024,
    },
    isolation: order.isolation,
  };
}

/** A clone URL can hold one too, in either place of a name and a password. */
function secretsOf(env: Environment): readonly string[] {
  const { password, username } = URL.parse(env['TARGET_REPO'] ?? '') ?? { password: '', username: '' };
  const inUrl = password || username;
  return [...SECRETS.map((name) => env[name] ?? ''), inUrl, decoded(inUrl)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const NO_CHANGE: Problem = {
  code: 'no-change',
  message: 'The model finished without changing any file.',
  remedy: 'Say in AGENT_PROMPT what should change and how one can see it.',
  retryable: false,
};

const branchIsBase = (branch: string): PtcError =>
  new PtcError({
    code: 'branch-is-base',
    message: `The work would go onto ${branch}, which it starts from.`,
    remedy: 'Set another BRANCH_NAME.',
    retryable: false,
  });
