/** Check runs: only Apps make them. */
import { ApiError, notFound } from './api-error.ts';
import { type Handlers, type Reply, type RepositoryCall, bodyOf, created, ok, page } from './call.ts';
import { type JsonObject } from './contract-schema.ts';
import { resolveObject } from './git.ts';
import { apiUrl, htmlUrl, nodeId, presentApp } from './present.ts';
import { isPull } from './pull-shape.ts';
import { type App, type CheckRun, type CheckRunFields, now } from './store.ts';

type CheckRunBody = Partial<Omit<CheckRunFields, 'output'>> & {
  readonly head_sha?: string;
  readonly output?: Partial<CheckRunFields['output']>;
};

const FRESH: CheckRunFields = {
  name: '',
  status: 'queued',
  conclusion: null,
  started_at: null,
  completed_at: null,
  details_url: null,
  external_id: '',
  output: { title: null, summary: null, text: null, annotations: [] },
};

function applyBody(before: CheckRunFields, body: CheckRunBody): CheckRunFields {
  const { head_sha: _headSha, output, ...changes } = body;
  const status = changes.conclusion ? 'completed' : (changes.status ?? before.status);
  const isComplete = status === 'completed';
  const conclusion = isComplete ? (changes.conclusion ?? before.conclusion) : null;
  if (isComplete && conclusion === null) {
    throw new ApiError(422, 'Invalid request.\n\nA conclusion is required for a completed check run.');
  }
  const added = output?.annotations ?? [];
  return {
    ...before,
    ...changes,
    status,
    conclusion,
    started_at: changes.started_at ?? before.started_at ?? now(),
    completed_at: isComplete ? (changes.completed_at ?? before.completed_at ?? now()) : null,
    output: { ...before.output, ...output, annotations: [...before.output.annotations, ...added] },
  };
}

function presentCheckRun(call: RepositoryCall, run: CheckRun): JsonObject {
  const { context, repository } = call;
  const url = `${apiUrl(context.store, repository)}/check-runs/${run.id}`;
  const { annotations, ...output } = run.fields.output;
  const page = `${htmlUrl(context.store, repository)}/runs/${run.id}`;
  const pulls = [...repository.issues.values()]
    .filter(isPull)
    .filter(({ pull }) => pull.headSha === run.headSha);
  const minimal = { id: repository.id, url: apiUrl(context.store, repository), name: repository.name };
  return {
    ...run.fields,
    id: run.id,
    node_id: nodeId('CR', run.id),
    head_sha: run.headSha,
    url,
    html_url: page,
    details_url: run.fields.details_url ?? page,
    output: { ...output, annotations_count: annotations.length, annotations_url: `${url}/annotations` },
    check_suite: { id: run.app.id },
    app: presentApp(context.store, run.app),
    pull_requests: pulls.map(({ id, number, pull }) => ({
      id,
      number,
      url: `${minimal.url}/pulls/${number}`,
      head: { ref: pull.headBranch, sha: pull.headSha, repo: minimal },
      base: { ref: pull.baseBranch, sha: pull.baseSha, repo: minimal },
    })),
  };
}

function requireApp(call: RepositoryCall): App {
  if (call.app === undefined) throw new ApiError(403, 'You must authenticate via a GitHub App.');
  return call.app;
}

function requireCheckRun(call: RepositoryCall): CheckRun {
  const run = call.repository.checkRuns.find(({ id }) => id === call.params['check_run_id']);
  if (run === undefined) throw notFound();
  return run;
}

async function listForRef(call: RepositoryCall): Promise<Reply> {
  const { repository, query } = call;
  const ref = String(call.params['ref']);
  const sha = await resolveObject(repository.dir, ref);
  if (sha === undefined) throw new ApiError(422, `No commit found for SHA: ${ref}`);
  const matching = repository.checkRuns
    .filter(({ headSha }) => headSha === sha)
    .filter(({ fields }) => query['check_name'] === undefined || fields.name === query['check_name'])
    .filter(({ fields }) => query['status'] === undefined || fields.status === query['status'])
    .filter(({ app }) => query['app_id'] === undefined || app.id === query['app_id']);
  const isNewest = (run: CheckRun) =>
    matching.findLast(({ app, fields }) => app === run.app && fields.name === run.fields.name) === run;
  const shown = (query['filter'] === 'all' ? matching : matching.filter(isNewest)).toReversed();
  const { items, headers } = page(call, shown);
  const body = { total_count: shown.length, check_runs: items.map((run) => presentCheckRun(call, run)) };
  return { status: 200, headers, body };
}

export const checkHandlers: Handlers<RepositoryCall> = {
  'checks/create': async (call) => {
    const app = requireApp(call);
    const body = bodyOf<CheckRunBody>(call);
    const headSha = await resolveObject(call.repository.dir, body.head_sha ?? '');
    if (headSha === undefined || headSha !== body.head_sha) {
      throw new ApiError(422, `No commit found for SHA: ${body.head_sha}`);
    }
    const run = { id: call.context.store.nextId(), app, headSha, fields: applyBody(FRESH, body) };
    call.repository.checkRuns.push(run);
    return created(presentCheckRun(call, run));
  },
  'checks/update': (call) => {
    const run = requireCheckRun(call);
    if (requireApp(call) !== run.app) throw new ApiError(403, 'Invalid app_id for check run');
    run.fields = applyBody(run.fields, bodyOf<CheckRunBody>(call));
    return ok(presentCheckRun(call, run));
  },
  'checks/get': (call) => ok(presentCheckRun(call, requireCheckRun(call))),
  'checks/list-for-ref': listForRef,
};
