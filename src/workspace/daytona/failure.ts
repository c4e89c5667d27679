import { stripVTControlCharacters } from 'node:util';
import { type Problem } from '../../domain/errors.ts';

const MOST_SHOWN = 300;

/** What went wrong with a call, in our words, and what its answer said besides. */
export interface DaytonaFailure {
  /** HTTP status; null when no answer came. */
  readonly status: number | null;
  /** The service’s own words, cut and in plain text. */
  readonly said: string;
  /** How long the service asks to wait; null when it does not say. */
  readonly retryAfterMs: number | null;
  readonly problem: Problem;
}

/**
 * Reads what the SDK throws: an error with a status, one without, or an event that is no error at all, as of a
 * WebSocket that was refused. The SDK’s classes are not asked for, so that it need not be loaded.
 */
export function toFailure(thrown: unknown, what: string): DaytonaFailure {
  const error: { readonly message?: unknown; readonly statusCode?: unknown; readonly headers?: unknown } =
    typeof thrown === 'object' && thrown !== null ? thrown : {};
  const status = typeof error.statusCode === 'number' ? error.statusCode : null;
  const said = plain(typeof error.message === 'string' ? error.message : String(thrown));
  const retryAfterMs = status === 429 || status === 503 ? retryAfterOf(error.headers) : null;
  return { status, said, retryAfterMs, problem: problemOf(status, said, what) };
}

function problemOf(status: number | null, said: string, what: string): Problem {
  if (status === null || status === 408) {
    return {
      code: 'daytona-unreachable',
      message: `Daytona did not answer when asked to ${what}: ${said}`,
      remedy: 'Check DAYTONA_API_URL and the network, then comment `/ptc build` again.',
      retryable: true,
    };
  }
  if (status === 401) {
    return {
      code: 'daytona-key-refused',
      message: 'Daytona refuses our API key.',
      remedy: 'The operator has to set a valid DAYTONA_API_KEY and start PTC Bot again.',
      retryable: false,
    };
  }
  if (status === 429) {
    return {
      code: 'daytona-busy',
      message: `Daytona takes no more requests for now: ${said}`,
      remedy: 'It is tried again. Lower PTC_MAX_RUNS if this comes often.',
      retryable: true,
    };
  }
  const retryable = status >= 500 || status === 409;
  return {
    code: retryable ? 'daytona-failed' : 'daytona-refused',
    message: `Daytona answered ${status} when asked to ${what}: ${said}`,
    remedy: retryable
      ? 'Comment `/ptc build` again; look at Daytona’s status page if it comes back.'
      : 'The operator has to look at this answer, the key’s permissions and the PTC_DAYTONA_ variables.',
    retryable,
  };
}

/** Seconds or a date, as HTTP has it. A date is compared with a clock that may be wrong: whoever waits sets a bound. */
function retryAfterOf(headers: unknown): number | null {
  if (typeof headers !== 'object' || headers === null || !('retry-after' in headers)) return null;
  const text = String(headers['retry-after']);
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}

const plain = (text: string): string =>
  stripVTControlCharacters(text)
    // oxlint-disable-next-line no-control-regex -- they are what is removed
    .replaceAll(/[\u0000-\u001F\u007F-\u009F]+/g, ' ')
    .trim()
    .slice(0, MOST_SHOWN);
