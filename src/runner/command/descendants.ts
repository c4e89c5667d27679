import { type ChildProcess } from 'node:child_process';

/** Everything one command started: how it is listed, and how it is ended so that nothing survives. */
export interface Descendants {
  /** True when the child reports on descriptor 3 what became of it (bubblewrap's `--json-status-fd`). */
  readonly reportsStatus: boolean;
  /** Called once, as soon as the child runs. */
  started(child: ChildProcess): void;
  /** Process ids as the runner sees them. */
  pids(): readonly number[];
  /**
   * Kills what still lives, the child included, and resolves when nothing does. May be called again.
   * Rejects with PtcError `command-not-ended` when something cannot be killed.
   */
  end(): Promise<void>;
  /** True when the child ended before the command itself was reached. */
  neverReached(): boolean;
}
