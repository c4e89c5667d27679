/** Pull requests: create, read, list, change. */
import { ApiError, invalidField, notFound, requireLength } from './api-error.ts';
import { requireAccess } from './auth.ts';
import { type Handlers, type Reply, type RepositoryCall, bodyOf, created, ok, page } from './call.ts';
import { diffText, presentFiles } from './commits.ts';
import { git, resolveObject } from './git.ts';
import { MAX_BODY, MAX_TITLE, changeIssue } from './issue-changes.ts';
import {
  type PullRequest,
  announce,
  isPull,
  mergeBaseOf,
  presentPull,
  presentPullSimple,
} from './pull-shape.ts';
import { fetchCommit, storeHead } from './pull-sync.ts';
import { type Pull, type Repository, findRepository, nextNumber, now } from './store.ts';

function requirePull(call: RepositoryCall): PullRequest {
  const issue = call.repository.issues.get(Number(call.params['pull_number']));
  if (issue === undefined || !isPull(issue)) throw notFound();
  return issue;
}

interface PullBody {
  readonly title?: string;
  readonly body?: string;
  readonly head: string;
  readonly base: string;
  readonly draft?: boolean;
}

/** `branch` or `owner:branch`; the fork of that owner, wherever it is called. */
function headOf(call: RepositoryCall, head: string): { repository: Repository | undefined; branch: string } {
  const [, owner, branch = head] = /^([^:]+):(.+)$/.exec(head) ?? [];
  const { repository, context } = call;
  if (owner === undefined || owner.toLowerCase() === repository.owner.login.toLowerCase())
    return { repository, branch };
  return { repository: findRepository(context.store, owner, repository.name), branch };
}

async function readHead(call: RepositoryCall, { head, base, draft = false }: PullBody): Promise<Pull> {
  const { repository } = call;
  const { repository: headRepository, branch: headBranch } = headOf(call, head);
  const baseSha = await resolveObject(repository.dir, `refs/heads/${base}`);
  const headSha = headRepository && (await resolveObject(headRepository.dir, `refs/heads/${headBranch}`));
  if (headRepository === undefined || headSha === undefined)
    throw invalidField('PullRequest', 'head', 'invalid');
  if (baseSha === undefined) throw invalidField('PullRequest', 'base', 'invalid');
  // Whoever opens a pull request must be able to push to its head, or own it.
  requireAccess(call.auth, headRepository, { permissions: ['pull_requests'], level: 'write', role: 'write' });
  return { headRepository, headBranch, headSha, baseBranch: base, baseSha, draft };
}

function findOpen(call: RepositoryCall, pull: Pull): PullRequest | undefined {
  return [...call.repository.issues.values()]
    .filter(isPull)
    .find(
      ({ state, pull: other }) =>
        state === 'open' &&
        other.headRepository === pull.headRepository &&
        other.headBranch === pull.headBranch &&
        other.baseBranch === pull.baseBranch,
    );
}

const customError = (message: string): ApiError =>
  new ApiError(422, 'Validation Failed', [{ resource: 'PullRequest', code: 'custom', message }]);

async function createPull(call: RepositoryCall): Promise<Reply> {
  const body = bodyOf<PullBody>(call);
  const { repository, context, actor, app } = call;
  if (!body.title) throw invalidField('PullRequest', 'title', 'missing_field');
  requireLength('PullRequest', 'title', body.title, MAX_TITLE);
  requireLength('PullRequest', 'body', body.body, MAX_BODY);
  const pull = await readHead(call, body);
  await fetchCommit(repository, pull.headRepository, pull.headSha);
  if ((await git(repository.dir, ['rev-list', '--count', `${pull.baseSha}..${pull.headSha}`])) === '0') {
    throw customError(`No commits between ${body.base} and ${body.head}`);
  }
  // From here to the insertion nothing is awaited: two requests cannot open the same one, nor take one number.
  if (findOpen(call, pull)) {
    const label = `${pull.headRepository.owner.login}:${pull.headBranch}`;
    throw customError(`A pull request already exists for ${label}.`);
  }
  const number = nextNumber(repository);
  const issue: PullRequest = {
    id: context.store.nextId(),
    number,
    user: actor,
    app,
    createdAt: now(),
    labels: [],
    comments: [],
    reactions: [],
    pull,
    title: body.title,
    body: body.body ?? null,
    state: 'open',
    updatedAt: now(),
    closedAt: null,
  };
  repository.issues.set(number, issue);
  await storeHead(repository, number, pull);
  await announce(context, repository, issue, 'opened', actor);
  return created(await presentPull(context.store, repository, issue));
}

async function getPull(call: RepositoryCall): Promise<Reply> {
  const issue = requirePull(call);
  if (/\bdiff\b/.test(call.accept)) {
    const from = await mergeBaseOf(call.repository, issue.pull);
    const headers = { 'content-type': 'application/vnd.github.diff; charset=utf-8' };
    return { status: 200, body: await diffText(call.repository, from, issue.pull.headSha), headers };
  }
  return ok(await presentPull(call.context.store, call.repository, issue));
}

function listPulls(call: RepositoryCall): Reply {
  const { state = 'open', head, base, direction = 'desc' } = call.query;
  const matching = [...call.repository.issues.values()].filter(isPull).filter(({ pull, state: actual }) => {
    const label = `${pull.headRepository.owner.login}:${pull.headBranch}`;
    return (
      (state === 'all' || state === actual) &&
      (head === undefined || String(head).toLowerCase() === label.toLowerCase()) &&
      (base === undefined || base === pull.baseBranch)
    );
  });
  if (direction === 'desc') matching.reverse();
  const { items, headers } = page(call, matching);
  return {
    status: 200,
    headers,
    body: items.map((issue) => presentPullSimple(call.context.store, call.repository, issue)),
  };
}

async function updatePull(call: RepositoryCall): Promise<Reply> {
  const issue = requirePull(call);
  const { repository, context } = call;
  if (issue.user !== call.actor) {
    requireAccess(call.auth, repository, { permissions: ['pull_requests'], level: 'write', role: 'write' });
  }
  const { base, ...change } = bodyOf<{
    title?: string;
    body?: string;
    state?: 'open' | 'closed';
    base?: string;
  }>(call);
  if (base !== undefined && base !== issue.pull.baseBranch) {
    const baseSha = await resolveObject(repository.dir, `refs/heads/${base}`);
    if (baseSha === undefined) throw invalidField('PullRequest', 'base', 'invalid');
    issue.pull.baseBranch = base;
    issue.pull.baseSha = baseSha;
  }
  await changeIssue(call, issue, change);
  // While it was closed it did not follow its branch.
  if (change.state === 'open') await context.refsChanged(issue.pull.headRepository, call.actor);
  return ok(await presentPull(context.store, repository, issue));
}

async function listFiles(call: RepositoryCall): Promise<Reply> {
  const { pull } = requirePull(call);
  const { repository, context } = call;
  const from = await mergeBaseOf(repository, pull);
  const { items, headers } = page(call, await presentFiles(context.store, repository, from, pull.headSha));
  return { status: 200, headers, body: items };
}

export const pullHandlers: Handlers<RepositoryCall> = {
  'pulls/create': createPull,
  'pulls/get': getPull,
  'pulls/list': listPulls,
  'pulls/update': updatePull,
  'pulls/list-files': listFiles,
};
