import { type CommandEnd, type Proof } from '../../protocol/proof.ts';

export type IsolationLevel = Proof['isolation'];

/** One shell command of the target repository. Paths are absolute. */
export interface CommandSpec {
  /** Given to `/bin/bash -c`. Untrusted. */
  readonly command: string;
  /** Working directory; the tree the command may write to. Its `.git` stays read-only. */
  readonly tree: string;
  /** Further folders it may write to, report folders say. */
  readonly writable: readonly string[];
  /** Added to the clean environment; never a secret. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * `none`: its own loopback only. Otherwise these hosts and those of the operator, through the allow-list proxy.
   */
  readonly network: 'none' | { readonly registries: readonly string[] };
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Runs the target's commands apart from the runner. Every descendant is dead when `run` resolves. */
export interface Commands {
  readonly level: IsolationLevel;
  /** What the level cannot promise on this machine, in words for people; empty when it holds everything. */
  readonly caveats: readonly string[];
  /** Resolves however the command ended; rejects with PtcError only when it could not be started. */
  run(spec: CommandSpec): Promise<CommandEnd>;
  /** Makes a folder that runner and commands can both write to (owner set for the commands' user). */
  prepareFolder(path: string): Promise<void>;
  close(): Promise<void>;
}
