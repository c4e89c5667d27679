import { type Context, type TypedResponse } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { type Problem, PtcError } from '../domain/errors.ts';
import { type FieldFault, type ProblemAnswer } from '../protocol/problem-answer.ts';

/** The statuses a request that went wrong is answered with. */
export type ProblemStatus = 400 | 401 | 403 | 404 | 409 | 413 | 415 | 421 | 422 | 500 | 502 | 503;

/** After so many seconds what is retryable may be tried again. */
const RETRY_AFTER_S = 10;
/** A request with more faults than this is told no more of them. */
const NAMED_FIELDS = 20;

const STATUSES: Readonly<Record<string, ProblemStatus>> = {
  'path-unknown': 404,
  'run-unknown': 404,
  'execution-unknown': 404,
  'key-unknown': 404,
  'webhook-unknown': 404,
  'patch-missing': 404,
  'idempotency-conflict': 409,
  'execution-conflict': 409,
  'run-active': 409,
  'run-finished': 409,
  'subject-busy': 409,
  'request-invalid': 422,
  'base-branch-missing': 422,
  'callback-refused': 422,
  'github-conflict': 422,
  'model-not-offered': 422,
  'plan-cyclic': 422,
  'plan-invalid': 422,
  'plan-too-large': 422,
  'plan-unsupported': 422,
  'repository-unknown': 422,
};

/** What a problem is answered with when nothing more is known than its code. */
const statusOf = ({ code, retryable }: Problem): ProblemStatus => {
  if (retryable) return 503;
  return STATUSES[code] ?? (code.startsWith('github-') ? 502 : 500);
};

/**
 * A problem as the answer to a request: `{error: {code, message, remedy, retryable}}`, with the `fields` that are
 * wrong where the request itself is. What is retryable says after how long.
 */
export function answerProblem<Status extends ProblemStatus>(
  context: Context,
  status: Status,
  problem: Omit<Problem, 'retryable'> & {
    readonly retryable?: boolean;
    readonly fields?: readonly FieldFault[];
  },
): Response & TypedResponse<ProblemAnswer, Status, 'json'> {
  const { code, message, remedy, retryable = false, fields } = problem;
  if (retryable) context.header('retry-after', String(RETRY_AFTER_S));
  const error = { code, message, remedy, retryable, ...(fields === undefined ? {} : { fields }) };
  return context.json<ProblemAnswer, Status>({ error }, status);
}

/** The request is not what the route takes: 422, with each field that is wrong. */
export function answerFaults(context: Context, faults: readonly FieldFault[]) {
  const fields = faults.slice(0, NAMED_FIELDS);
  const more = faults.length > fields.length ? ` and ${faults.length - fields.length} more` : '';
  return answerProblem(context, 422, {
    code: 'request-invalid',
    message: `The request cannot be read: ${fields.map(inWords).join('; ')}${more}`,
    remedy: 'Correct the fields that are named; GET /openapi.json says what each may be.',
    fields,
  });
}

/** Whatever a route threw, as an answer; null for what nobody foresaw, whose words are not for strangers. */
export function answerThrown(context: Context, thrown: unknown): Response | null {
  if (thrown instanceof PtcError) return answerProblem(context, statusOf(thrown), thrown);
  if (!(thrown instanceof HTTPException)) return null;
  if (thrown.status === 415) {
    return answerProblem(context, 415, {
      code: 'content-type-unknown',
      message: 'The body of the request is not said to be JSON.',
      remedy: 'Send it with the header Content-Type: application/json.',
    });
  }
  if (thrown.status !== 400) return null;
  return answerProblem(context, 400, {
    code: 'body-malformed',
    message: 'The body of the request is not JSON.',
    remedy: 'Send one JSON object, encoded as UTF-8.',
  });
}

const inWords = ({ path, message }: FieldFault): string => (path === '' ? message : `${path}: ${message}`);
