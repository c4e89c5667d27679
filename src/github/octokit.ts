import { type Octokit } from '@octokit/rest';
import { ProbotOctokit } from 'probot';
import { boundedFetch } from './bounded-fetch.ts';

/** What we use of an Octokit; Probot's and @octokit/rest's both are one. */
export type GitHubClient = Pick<Octokit, 'rest' | 'paginate'>;

export interface ClientOptions {
  /** Keeps the pauses GitHub asks for between writes: a second, three for what notifies people. */
  readonly writeSpacing: boolean;
  readonly requestTimeoutMs: number;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
}

/**
 * Probot's Octokit class, with its plugin for write spacing but without its retries: those repeat a single
 * request, and one whose answer was lost would create a second comment or pull request. `withAttempts` repeats
 * the whole operation instead, rate limits included.
 */
export function octokitClass(options: ClientOptions): typeof ProbotOctokit {
  const throttle = {
    enabled: options.writeSpacing,
    onRateLimit: () => false,
    onSecondaryRateLimit: () => false,
  };
  const fetch = boundedFetch(options.requestTimeoutMs, options.signal);
  return ProbotOctokit.defaults((given: Readonly<Record<string, unknown>>) => ({
    ...given,
    throttle: { ...objectOr(given['throttle']), ...throttle },
    request: { ...objectOr(given['request']), fetch },
    retry: { enabled: false },
  }));
}

const objectOr = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {});
