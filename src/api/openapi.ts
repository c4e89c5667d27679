import { OpenAPIHono } from '@hono/zod-openapi';
import { type BlankEnv } from 'hono/types';
import type * as z from 'zod';
import { type FieldFault, ProblemAnswer } from '../protocol/problem-answer.ts';
import { answerFaults, type ProblemStatus } from './problem.ts';

export type Routes = OpenAPIHono<BlankEnv>;

/** A set of routes that tell what they take and answer; a request that is not so never reaches them. */
export const createRoutes = (): Routes =>
  new OpenAPIHono<BlankEnv>({
    defaultHook: (result, context) => {
      if (!result.success) return answerFaults(context, faultsOf(result.error));
    },
  });

/** A JSON body, of a request or of an answer. */
export const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  required: true,
  content: { 'application/json': { schema } },
});

/** Statuses that the guards in front of every route give, or a server that is not well. */
const ANYWHERE = [401, 403, 413, 421, 500, 503] as const;

const MEANINGS: Readonly<Record<ProblemStatus, string>> = {
  400: 'The body is not JSON.',
  401: 'No API key, or one that is not known here.',
  403: 'The API key is not good for this, or a page of another origin asks.',
  404: 'There is none.',
  409: 'It does not go with what there is already.',
  413: 'The body has more than 2 MB.',
  415: 'The body is not said to be JSON.',
  421: 'Not a name of this server.',
  422: 'The request cannot be carried out as it is; the fields that are wrong are named.',
  500: 'Something failed that nobody foresaw.',
  502: 'GitHub refused.',
  503: 'Not now; Retry-After says when.',
};

/** A problem as the answer of a route, by status: those that are named, and those that every route has. */
export function problems<Status extends ProblemStatus = never>(...statuses: readonly Status[]) {
  const all = [...ANYWHERE, ...statuses].map((status) => [
    status,
    { description: MEANINGS[status], content: { 'application/json': { schema: ProblemAnswer } } },
  ]);
  // The assertion keeps which statuses there are, which fromEntries would lose.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(all) as Record<Status | (typeof ANYWHERE)[number], ProblemContent>;
}

/** For a route with a body: it can be malformed, of another type, or not what the route takes. */
export const BODY_STATUSES = [400, 415, 422] as const;

interface ProblemContent {
  readonly description: string;
  readonly content: { readonly 'application/json': { readonly schema: typeof ProblemAnswer } };
}

/** All of the routes as an OpenAPI 3.1 document; asked for once. */
export function documentOf(routes: Routes, version: string): object {
  const { openAPIRegistry: registry } = routes;
  registry.registerComponent('securitySchemes', 'Bearer', { type: 'http', scheme: 'bearer' });
  registry.registerComponent('securitySchemes', 'Basic', {
    type: 'http',
    scheme: 'basic',
    description: 'The API key as the password, whatever the name.',
  });
  return routes.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'PTC Bot',
      version,
      description: 'Plans and goals in, pull requests and artifacts out.',
      license: { name: 'MIT' },
    },
    security: [{ Bearer: [] }, { Basic: [] }],
  });
}

/** Each fault of a value with the path to it. */
const faultsOf = (error: z.core.$ZodError): readonly FieldFault[] =>
  error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message }));
