import { type Context } from 'hono';
import { toProblem } from '../domain/errors.ts';
import { type Log } from '../run/ports.ts';
import { notFoundPage } from './pages/layout.ts';
import { answerProblem, answerThrown } from './problem.ts';

/** Pages are for people, everything else for programs. */
const isForPeople = ({ req }: Context): boolean =>
  !/^\/(api|execute|generate|stats|health|openapi\.json)(\/|$)/.test(req.path);

/** There is no such path: as a page, or as a problem. */
export const answerNothing = (context: Context): Response | Promise<Response> =>
  isForPeople(context)
    ? context.html(notFoundPage('There is nothing here.'), 404)
    : answerProblem(context, 404, {
        code: 'path-unknown',
        message: 'There is nothing here.',
        remedy: 'GET /openapi.json says what there is.',
      });

/** A route threw. What nobody foresaw is logged, and its words stay here. */
export function answerFailure(context: Context, error: unknown, log: Log): Response {
  const answer = isForPeople(context) ? null : answerThrown(context, error);
  // Who is gone waits for no answer, and nothing has failed.
  const isAwaited = answer?.status !== 503 || !context.req.raw.signal.aborted;
  if (isAwaited && (answer === null || answer.status >= 500)) {
    log.error({ problem: toProblem(error), path: context.req.path }, 'a request could not be answered');
  }
  if (answer !== null) return answer;
  if (isForPeople(context)) return context.text('Something failed; the server’s log says what.', 500);
  return answerProblem(context, 500, {
    code: 'internal',
    message: 'Something failed that we did not foresee.',
    remedy: 'The log of the PTC Bot server says what; report it as a bug.',
  });
}
