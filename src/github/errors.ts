import { PtcError } from '../domain/errors.ts';

/** GitHub asks for this pause when it limits writes without saying for how long. */
const UNSTATED_PAUSE_MS = 60_000;
const MAX_REASON_CHARS = 500;

/** What Octokit throws for an answer that is an error, or, without `response`, for none at all. */
interface FailedRequest extends Error {
  readonly status: number;
  readonly response?: {
    readonly headers: Readonly<Record<string, string | number | undefined>>;
    readonly data: unknown;
  };
}

const isFailedRequest = (thrown: unknown): thrown is FailedRequest =>
  thrown instanceof Error && 'status' in thrown && typeof thrown.status === 'number';

/** The status GitHub answered with; null when `thrown` is no answer of GitHub's. */
export function statusOf(thrown: unknown): number | null {
  return isFailedRequest(thrown) && thrown.response ? thrown.status : null;
}

/**
 * How long GitHub wants us to wait before the same request may succeed, in milliseconds; null when it did not
 * limit us. Both its limits count: the hourly one (nothing remaining until the reset) and the secondary ones
 * (`retry-after`, or a 429).
 */
export function rateLimitPauseMs(thrown: unknown, nowMs: number): number | null {
  const status = statusOf(thrown);
  if (!isFailedRequest(thrown) || (status !== 403 && status !== 429)) return null;
  const headers = thrown.response?.headers ?? {};
  const retryAfter = headers['retry-after'];
  if (retryAfter !== undefined) return Math.max(0, Number(retryAfter) * 1000 || 0);
  if (String(headers['x-ratelimit-remaining']) === '0') {
    return Math.max(0, Number(headers['x-ratelimit-reset']) * 1000 - nowMs || 0);
  }
  return status === 429 ? UNSTATED_PAUSE_MS : null;
}

/** True when GitHub could not be reached, or failed itself: the same request may succeed at any moment. */
export function isUnavailable(thrown: unknown): boolean {
  if (!isFailedRequest(thrown) || causeOf(thrown)) return false;
  return !thrown.response || thrown.status >= 500;
}

/**
 * The typed form of whatever a request to GitHub threw. `what` says what was being done, as in "open the pull
 * request". The message holds GitHub's own words; what is not from GitHub comes back as it is.
 */
export function toGitHubError(thrown: unknown, what: string): unknown {
  if (!isFailedRequest(thrown)) return thrown;
  const options = { cause: thrown };
  const cause = causeOf(thrown);
  if (cause) return cause;
  if (isUnavailable(thrown)) return new PtcError(unavailable(thrown, what), options);
  const pauseMs = rateLimitPauseMs(thrown, Date.now());
  if (pauseMs !== null) return new PtcError(rateLimited(pauseMs, what), options);
  const { code, remedy } = REFUSALS[thrown.status] ?? UNEXPECTED;
  const message = `GitHub refused to ${what} (${thrown.status}): ${reasonOf(thrown)}`;
  return new PtcError({ code, message, remedy, retryable: false }, options);
}

/** Our own reason for having ended the request. */
const causeOf = (thrown: Error): PtcError | null => (thrown.cause instanceof PtcError ? thrown.cause : null);

const unavailable = (thrown: FailedRequest, what: string) => ({
  code: 'github-unavailable',
  message: `GitHub could not be asked to ${what}: ${thrown.response ? `it answered ${thrown.status}` : reasonOf(thrown)}`,
  remedy: 'Try again in a few minutes; https://www.githubstatus.com says whether GitHub has a problem.',
  retryable: true,
});

const rateLimited = (pauseMs: number, what: string) => ({
  code: 'github-rate-limited',
  message: `GitHub limits our requests and would not ${what}; it asks to wait ${Math.ceil(pauseMs / 1000)} s.`,
  remedy: 'Wait, then try again.',
  retryable: true,
});

const NOT_FOUND = {
  code: 'github-not-found',
  remedy: 'Check that it still exists and that the App is installed on this repository.',
};
const FORBIDDEN = {
  code: 'github-forbidden',
  remedy:
    'Check the permissions of the App’s installation (an owner may have to accept new ones) and the rules of the branch.',
};
const UNEXPECTED = {
  code: 'github-unexpected',
  remedy: 'Look at the log of the PTC Bot server, and report it as a bug with the run id.',
};

const REFUSALS: Readonly<Record<number, { readonly code: string; readonly remedy: string }>> = {
  401: {
    code: 'github-unauthorized',
    remedy: 'Check the App id, the private key and the clock of the PTC Bot server.',
  },
  403: FORBIDDEN,
  404: NOT_FOUND,
  409: {
    code: 'github-conflict',
    remedy: 'The repository is empty or was changed at the same moment: give it a commit, or try again.',
  },
  410: NOT_FOUND,
  422: { code: 'github-validation', remedy: 'Change what GitHub names, then try again.' },
  451: FORBIDDEN,
};

/** GitHub's message with the details it gives, without the link to its documentation. */
function reasonOf({ message }: Error): string {
  return message.replace(/ - https:\/\/docs\.github\.com\S*$/, '').slice(0, MAX_REASON_CHARS);
}
