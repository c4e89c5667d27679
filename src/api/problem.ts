import { type Context } from 'hono';
import { type ContentfulStatusCode } from 'hono/utils/http-status';
import { type Problem } from '../domain/errors.ts';

/** A problem as the answer to a request: `{error: {code, message, remedy, retryable}}`. */
export const answerProblem = (
  context: Context,
  status: ContentfulStatusCode,
  problem: Omit<Problem, 'retryable'>,
): Response => context.json({ error: { ...problem, retryable: false } }, status);
