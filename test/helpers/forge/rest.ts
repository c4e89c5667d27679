/** From a matched operation to its handler: who is it, may they, is what they sent valid? */
import { ACCESS } from './access.ts';
import { ApiError, notFound } from './api-error.ts';
import { type Auth, actorOf, requireAccess } from './auth.ts';
import { type Call, type ForgeContext, type Handlers, type Reply, type RepositoryCall } from './call.ts';
import { type MatchedRequest } from './contract.ts';
import { isPull } from './pull-shape.ts';
import { type Repository, type User, findRepository } from './store.ts';

export interface RestHandlers {
  readonly apps: Handlers<Call>;
  readonly repositories: Handlers<RepositoryCall>;
}

/** Comments and labels of an issue need `issues`; those of a pull request are content with either permission. */
function permissionsFor(
  repository: Repository,
  call: Call,
  permissions: readonly string[],
): readonly string[] {
  const number = call.params['issue_number'];
  if (number === undefined || permissions.length === 1) return permissions;
  const issue = repository.issues.get(Number(number));
  return issue === undefined || isPull(issue) ? permissions : ['issues'];
}

const NOBODY: User = { id: 0, login: '', type: 'User', createdAt: '' };

function runRepositoryHandler(
  call: Call,
  operationId: string,
  handlers: RestHandlers,
): Reply | Promise<Reply> {
  const access = ACCESS[operationId];
  const handler = handlers.repositories[operationId];
  const { params, auth, context } = call;
  if (access === undefined || handler === undefined) throw new Error(`no handler for ${operationId}`);
  const repository = findRepository(context.store, String(params['owner']), String(params['repo']));
  if (repository === undefined) throw notFound();
  requireAccess(auth, repository, {
    ...access,
    permissions: permissionsFor(repository, call, access.permissions),
  });
  const { actor, app } = actorOf(auth) ?? { actor: NOBODY, app: undefined };
  return handler({ ...call, repository, actor, app });
}

function invalidRequest(matched: MatchedRequest): ApiError {
  return new ApiError(422, `Invalid request.\n\n${matched.invalid.join('\n')}`);
}

/** Throws `ApiError` for everything GitHub would refuse. */
export async function serveRest(
  context: ForgeContext,
  handlers: RestHandlers,
  matched: MatchedRequest,
  request: { readonly auth: Auth; readonly path: string; readonly accept: string; readonly body: unknown },
): Promise<Reply> {
  if (matched.invalid.length > 0) throw invalidRequest(matched);
  const call: Call = { ...request, context, params: matched.params, query: matched.query };
  const forApps = handlers.apps[matched.operationId];
  return forApps ? forApps(call) : runRepositoryHandler(call, matched.operationId, handlers);
}

export function errorReply(error: ApiError, docsUrl: string): Reply {
  return {
    status: error.status,
    body: {
      message: error.message,
      ...(error.errors === undefined ? {} : { errors: error.errors }),
      documentation_url: docsUrl,
      status: String(error.status),
    },
  };
}
