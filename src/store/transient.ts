import { setTimeout as sleep } from 'node:timers/promises';
import { PtcError } from '../domain/errors.ts';

const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 200;
/** No further attempt after this, when attempts end by timeout rather than at once. */
const GIVE_UP_AFTER_MS = 60_000;

/**
 * SQLSTATEs after which the same statement may succeed: connection lost or refused, too many connections,
 * server stopping or starting, serialization failure, deadlock.
 */
const TRANSIENT_STATES = /^(08...|53300|57P0[123]|40001|40P01)$/;
const TRANSIENT_SYSTEM = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOTFOUND',
]);
// The driver gives these no code.
const TRANSIENT_DRIVER =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout)/;

/** True when the database was out of reach or asked for another try, rather than refused the statement. */
function isTransient(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some((inner) => isTransient(inner));
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string') {
    return TRANSIENT_STATES.test(error.code) || TRANSIENT_SYSTEM.has(error.code);
  }
  return TRANSIENT_DRIVER.test(error.message);
}

/**
 * Does `work`, which must be safe to repeat, until the database answers: 6 attempts over about 6 seconds, fewer
 * when each takes long.
 * Rejects with the retryable `database-unavailable` after that, and with the error itself when it is none
 * that passes.
 */
export async function whenReachable<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const lastStart = Date.now() + GIVE_UP_AFTER_MS;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isTransient(error)) throw error;
      if (attempt === ATTEMPTS || Date.now() > lastStart) throw unavailable(error);
      await sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1), undefined, signal ? { signal } : {});
    }
  }
}

function unavailable(cause: unknown): PtcError {
  return new PtcError(
    {
      code: 'database-unavailable',
      message: 'The database does not answer.',
      remedy:
        'Check that the Postgres behind DATABASE_URL runs and can be reached from here; runs go on by themselves once it is back.',
      retryable: true,
    },
    { cause },
  );
}
