/** Requests as the forge saw them, and ways to make it misbehave for those that match. */
import { type JsonObject } from './contract-schema.ts';

export interface RecordedRequest {
  readonly id: number;
  readonly method: string;
  /** Decoded, without the query. Git over HTTP is here too. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** The parsed JSON; undefined for git and for requests without one. */
  readonly body: unknown;
  readonly auth: 'app' | 'installation' | 'user' | 'anonymous' | 'refused';
  /** When it came, in milliseconds since the epoch. */
  readonly atMs: number;
  /** GitHub's name of the operation ("issues/create-comment"); undefined for git and for unknown ones. */
  readonly operationId: string | undefined;
  /** Of the answer; undefined while there is none. */
  readonly status: number | undefined;
}

export interface FixedReply {
  readonly status: number;
  readonly body?: JsonObject;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * 'hang': never answered, never handled · 'lose-answer': handled, then the connection is cut · a reply: given
 * instead of handling · a function: awaited before the request is handled · {after}: awaited after it was handled
 * and before it is answered.
 */
export type FaultReply =
  | 'hang'
  | 'lose-answer'
  | FixedReply
  | ((request: RecordedRequest) => Promise<void>)
  | { readonly after: (request: RecordedRequest) => Promise<void> };

interface Fault {
  readonly match: (request: RecordedRequest) => boolean;
  readonly reply: FaultReply;
}

export interface Faults {
  /** `times`: how many matching requests it takes, all by default. Returns a function that removes it. */
  on(match: Fault['match'], reply: FaultReply, options?: { readonly times?: number }): () => void;
  /** The first fault that matches, counted. */
  take(request: RecordedRequest): FaultReply | undefined;
}

export function createFaults(): Faults {
  const faults: (Fault & { left: number })[] = [];
  return {
    on(match, reply, { times = Number.POSITIVE_INFINITY } = {}) {
      const fault = { match, reply, left: times };
      faults.push(fault);
      return () => {
        fault.left = 0;
      };
    },
    take(request) {
      const fault = faults.find(({ match, left }) => left > 0 && match(request));
      if (fault === undefined) return undefined;
      fault.left -= 1;
      return fault.reply;
    },
  };
}

/** What GitHub answers to somebody who writes too fast. */
export const secondaryRateLimit = (retryAfterSeconds: number): FixedReply => ({
  status: 403,
  headers: { 'retry-after': String(retryAfterSeconds) },
  body: {
    message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
    documentation_url:
      'https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits',
  },
});
