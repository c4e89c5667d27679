import { type Log } from '../../run/ports.ts';

export interface DaytonaSettings {
  readonly apiKey: string;
  readonly apiUrl: string;
  /** Region; null leaves the choice to the account. */
  readonly target: string | null;
  /** Name of the snapshot workspaces are made from. Processors, memory and disk are the snapshot's. */
  readonly snapshot: string;
  /** Tells our workspaces from those of others on the same account. */
  readonly owner: string;
  /** Hosts a workspace may reach, besides the forge's; null leaves its network open. */
  readonly domains: readonly string[] | null;
  /** Networks a workspace may reach, as CIDR; null leaves its network open. */
  readonly networks: readonly string[] | null;
  /** The bundled runner, absolute: for snapshots that hold another one, or none. */
  readonly runnerFile: string;
  readonly log: Log;
  /** Aborted when this process is to end. */
  readonly signal: AbortSignal;
  readonly patience?: Partial<Patience>;
}

/** How long is waited for what. All of it bounds something that would otherwise go on for ever. */
export interface Patience {
  /** For one call of the API. */
  readonly callMs: number;
  /** For a new workspace to be there, its image pulled. */
  readonly createMs: number;
  /** For a runner to be at work once it was told to. */
  readonly startMs: number;
  /** For a removed workspace to be gone. */
  readonly removeMs: number;
  /** Before a failed call is tried again; doubles each time. */
  readonly retryMs: number;
  /** Most that is waited because the API says so. */
  readonly retryAfterMs: number;
  /** Between two looks at a mailbox whose stream is silent: a stream can be dead without saying so. */
  readonly silenceMs: number;
  /** Between two signs of life: a workspace nobody talks to is stopped by Daytona. */
  readonly activityMs: number;
}

export const PATIENCE: Patience = {
  callMs: 30_000,
  createMs: 300_000,
  startMs: 20_000,
  removeMs: 60_000,
  retryMs: 250,
  retryAfterMs: 30_000,
  silenceMs: 10_000,
  activityMs: 240_000,
};

/** Minutes without a sign of life after which Daytona stops a workspace, so that none outlives a lost app for long. */
export const AUTO_STOP_MIN = 30;
/** Minutes a stopped workspace is kept. */
export const AUTO_DELETE_MIN = 60;
