/** Requests as the server saw them, and ways to make it misbehave for those that match. */

export interface DaytonaRequest {
  /** Method and path with ids left out: "POST /sandbox", "POST /toolbox/process/execute", "WS /toolbox/…/logs". */
  readonly route: string;
  readonly sandboxId: string | null;
  readonly query: Readonly<Record<string, string>>;
  /** The parsed JSON; of an upload, where each file went and how long it was. */
  readonly body: unknown;
  /** When it came, in milliseconds since the epoch. */
  readonly atMs: number;
}

/**
 * 'hang': never answered, never handled (a log stream is opened and stays silent) · 'lose-answer': handled, then the
 * connection is cut · a status: given instead of handling · `cutAfterBytes`: a log stream that ends after so many ·
 * `createdAs`: a sandbox that is made and stays in that state · a function: awaited before handling · `after`: awaited
 * between handling and answering, with the answer.
 */
export type DaytonaFault =
  | 'hang'
  | 'lose-answer'
  | {
      readonly status: number;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly cutAfterBytes: number }
  | { readonly createdAs: 'creating' | 'error' }
  | ((request: DaytonaRequest) => Promise<void>)
  | { readonly after: (request: DaytonaRequest, answer: unknown) => Promise<void> };

export interface DaytonaFaults {
  /** `match`: a whole route, or a test of the request. `times`: all by default. Returns what removes it. */
  on(
    match: string | ((request: DaytonaRequest) => boolean),
    fault: DaytonaFault,
    options?: { readonly times?: number },
  ): () => void;
  /** The first fault that matches, counted; without one nothing goes wrong. */
  take(request: DaytonaRequest): Course;
}

interface FixedReply {
  readonly status: number;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What becomes of a request, all in one shape. */
export interface Course {
  readonly isSilent: boolean;
  readonly losesAnswer: boolean;
  readonly reply: FixedReply | null;
  readonly cutAfterBytes: number;
  readonly createdAs: 'creating' | 'error' | null;
  readonly before: (request: DaytonaRequest) => Promise<void>;
  readonly after: (request: DaytonaRequest, answer: unknown) => Promise<void>;
}

const NOTHING_WRONG: Course = {
  isSilent: false,
  losesAnswer: false,
  reply: null,
  cutAfterBytes: Number.POSITIVE_INFINITY,
  createdAs: null,
  before: async () => {},
  after: async () => {},
};

function courseOf(fault: DaytonaFault): Course {
  if (fault === 'hang') return { ...NOTHING_WRONG, isSilent: true };
  if (fault === 'lose-answer') return { ...NOTHING_WRONG, losesAnswer: true };
  if (typeof fault === 'function') return { ...NOTHING_WRONG, before: fault };
  return 'status' in fault ? { ...NOTHING_WRONG, reply: fault } : { ...NOTHING_WRONG, ...fault };
}

export function createFaults(): DaytonaFaults {
  const faults: { matches: (request: DaytonaRequest) => boolean; fault: DaytonaFault; left: number }[] = [];
  return {
    on(match, fault, { times = Number.POSITIVE_INFINITY } = {}) {
      const matches = typeof match === 'string' ? ({ route }: DaytonaRequest) => route === match : match;
      const entry = { matches, fault, left: times };
      faults.push(entry);
      return () => {
        entry.left = 0;
      };
    },
    take(request) {
      const found = faults.find(({ matches, left }) => left > 0 && matches(request));
      if (found === undefined) return NOTHING_WRONG;
      found.left -= 1;
      return courseOf(found.fault);
    },
  };
}
