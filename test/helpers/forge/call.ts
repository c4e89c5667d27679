/** One request on its way through the forge, and the ways to answer it. */
import { notFound } from './api-error.ts';
import { type Auth } from './auth.ts';
import { type JsonObject } from './contract-schema.ts';
import { type App, type Comment, type Issue, type Repository, type Store, type User } from './store.ts';

export interface Reply {
  readonly status: number;
  /** Bytes and strings go out as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends one webhook to every App that wants it; returns when the payload is built, not when it has arrived. */
type Emit = (repository: Repository, event: string, action: string, sender: User, rest: JsonObject) => void;

export interface ForgeContext {
  readonly store: Store;
  readonly emit: Emit;
  /** Brings open pull requests in line with the branches after refs of `repository` have changed. */
  readonly refsChanged: (repository: Repository, sender: User) => Promise<void>;
}

/** A request that its caller may make. Values in `params`, `query` and `body` have passed GitHub's schemas. */
export interface Call {
  readonly context: ForgeContext;
  readonly auth: Auth;
  readonly path: string;
  readonly accept: string;
  readonly params: Readonly<Record<string, string | number | boolean>>;
  readonly query: Readonly<Record<string, string | number | boolean>>;
  readonly body: unknown;
}
export interface RepositoryCall extends Call {
  readonly repository: Repository;
  /** Whoever acts: the person, or the App's bot. */
  readonly actor: User;
  readonly app: App | undefined;
}

type Handler<C extends Call> = (call: C) => Reply | Promise<Reply>;
export type Handlers<C extends Call> = Readonly<Record<string, Handler<C>>>;

export const ok = (body: unknown): Reply => ({ status: 200, body });
export const created = (body: unknown): Reply => ({ status: 201, body });
export const noContent: Reply = { status: 204 };

/** One page of `items` with GitHub's Link header. */
export function page<T>(
  call: Call,
  items: readonly T[],
): { items: readonly T[]; headers: Record<string, string> } {
  const size = Math.min(Number(call.query['per_page'] ?? 30), 100);
  const current = Number(call.query['page'] ?? 1);
  const last = Math.max(1, Math.ceil(items.length / size));
  const link = (number: number, rel: string) => {
    const query = new URLSearchParams(
      Object.entries({ ...call.query, page: number }).map(([key, value]): [string, string] => [
        key,
        String(value),
      ]),
    );
    return `<${call.context.store.url}${call.path}?${query.toString()}>; rel="${rel}"`;
  };
  const links = [
    ...(current > 1 ? [link(current - 1, 'prev'), link(1, 'first')] : []),
    ...(current < last ? [link(current + 1, 'next'), link(last, 'last')] : []),
  ];
  return {
    items: items.slice((current - 1) * size, current * size),
    headers: links.length > 0 ? { link: links.join(', ') } : {},
  };
}

/** The body as the type that its operation's schema describes: the contract has validated it. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- an assertion by another name, on purpose
export function bodyOf<T>({ body }: Call): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- validated by GitHub's own schema
  return body as T;
}

export function requireIssue(call: RepositoryCall): Issue {
  const issue = call.repository.issues.get(Number(call.params['issue_number']));
  if (issue === undefined) throw notFound();
  return issue;
}

export function requireComment(call: RepositoryCall): { issue: Issue; comment: Comment } {
  for (const issue of call.repository.issues.values()) {
    const comment = issue.comments.find(({ id }) => id === call.params['comment_id']);
    if (comment) return { issue, comment };
  }
  throw notFound();
}
