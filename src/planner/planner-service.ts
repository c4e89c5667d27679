import { setTimeout as sleep } from 'node:timers/promises';
import { PtcError, toProblem } from '../domain/errors.ts';
import { readPlan } from '../domain/plan.ts';
import { type Planner } from '../run/ports.ts';

export interface PlannerSettings {
  /** Takes `POST {goal, context}` and answers `{subtasks, dependencies_graph}`. */
  readonly url: string;
  /** Sent as Bearer; null sends none. */
  readonly token: string | null;
  readonly limits?: PlannerLimits;
}

export interface PlannerLimits {
  /** Of one attempt: a planner asks models itself. */
  readonly timeoutMs: number;
  readonly attempts: number;
  /** Doubled from one attempt to the next. */
  readonly firstPauseMs: number;
  readonly maxBytes: number;
}

const DEFAULT_LIMITS: PlannerLimits = {
  timeoutMs: 90_000,
  attempts: 3,
  firstPauseMs: 1000,
  maxBytes: 1024 * 1024,
};

/**
 * A planner that is somebody else's service. What it answers is judged as any plan is. Rejects with
 * `planner-unavailable` when it gives no answer after all attempts, `planner-refused` when it wants no such
 * question, `planner-answer-invalid` for what is no JSON or too long, and with what `readPlan` throws; with the
 * signal's reason once that aborts.
 */
export function createPlannerService({ url, token, limits = DEFAULT_LIMITS }: PlannerSettings): Planner {
  return {
    plan: async ({ goal, context }, signal) => {
      const question = {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          'user-agent': 'PTC-Bot',
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ goal, context }),
        // Where it leads was not chosen by the operator, and the token is not for there.
        redirect: 'manual',
      } satisfies RequestInit;
      return readPlan(parse(await askInTurn(() => askOnce(url, question, limits, signal), limits, signal)));
    },
  };
}

async function askInTurn(
  ask: () => Promise<string>,
  { attempts, firstPauseMs }: PlannerLimits,
  signal: AbortSignal,
): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (thrown) {
      signal.throwIfAborted();
      if (attempt === attempts || !toProblem(thrown).retryable) throw thrown;
      await sleep(firstPauseMs * 2 ** (attempt - 1), undefined, { signal });
    }
  }
}

async function askOnce(
  url: string,
  question: RequestInit,
  { timeoutMs, maxBytes }: PlannerLimits,
  signal: AbortSignal,
): Promise<string> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await fetch(url, { ...question, signal: AbortSignal.any([signal, timeout]) });
    if (answer.ok) return await textOf(answer, maxBytes);
    await answer.body?.cancel();
    throw answer.status >= 500 || answer.status === 429
      ? unavailable(`answered ${answer.status}`)
      : refused(answer.status);
  } catch (thrown) {
    if (thrown instanceof PtcError) throw thrown;
    throw unavailable(
      timeout.aborted ? `gave no answer within ${timeoutMs} ms` : 'cannot be reached',
      thrown,
    );
  }
}

/** The body as text, not read further than so many bytes. */
async function textOf(answer: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) throw invalid(`has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('is not JSON');
  }
}

const unavailable = (what: string, cause?: unknown): PtcError =>
  new PtcError(
    {
      code: 'planner-unavailable',
      message: `The planner ${what}.`,
      remedy: 'Check the service behind PTC_PLANNER_URL.',
      retryable: true,
    },
    { cause },
  );

const refused = (status: number): PtcError =>
  new PtcError({
    code: 'planner-refused',
    message: `The planner answered ${status}${status < 400 ? ', and redirects are not followed' : ''}.`,
    remedy: 'Check PTC_PLANNER_URL and PTC_PLANNER_TOKEN.',
    retryable: false,
  });

const invalid = (what: string): PtcError =>
  new PtcError({
    code: 'planner-answer-invalid',
    message: `What the planner answered ${what}.`,
    remedy: 'The service behind PTC_PLANNER_URL has to answer {subtasks, dependencies_graph} as JSON.',
    retryable: false,
  });
