import { type CommandUser } from './command-user.ts';
import { type CommandSpec, type IsolationLevel } from './command.ts';
import { type Descendants } from './descendants.ts';
import { type FolderKeys } from './folder-keys.ts';
import { type GitGuard } from './git-guard.ts';
import { type OutputPipes } from './output-pipe.ts';
import { type RunnerLimits } from '../../protocol/runner-job.ts';

/** What the ways of keeping commands apart have in common. Paths are absolute. */
export interface EnclosureContext {
  readonly limits: RunnerLimits;
  /** Null when the runner is not root. */
  readonly user: CommandUser | null;
  /** The workspace folder. */
  readonly root: string;
  /** Package caches, writable to every command. */
  readonly cache: string;
  /** The runner's own folder; others can pass through it and not list it. */
  readonly scratch: string;
  readonly pipes: OutputPipes;
  /** The runner's PATH. */
  readonly searchPath: string;
  /** Host names that the operator adds to the registries of whatever may reach any. */
  readonly registries: readonly string[];
  readonly gitGuard: GitGuard;
  readonly keys: FolderKeys;
}

/** One command, wrapped and ready to be started. */
export interface EnclosedCommand {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Files that the program gets open for reading, from descriptor 4 on. */
  readonly files: readonly string[];
  readonly descendants: Descendants;
  /** Hosts that the proxy did not let it reach. */
  refusedHosts(): readonly string[];
  /** Frees what was made for this one command; called when all its processes are dead. */
  release(): Promise<void>;
}

/** A way of keeping commands apart. */
export interface Enclosure {
  readonly level: IsolationLevel;
  readonly caveats: readonly string[];
  /** A command that ends with 0 when this way works here. */
  readonly probe: string;
  enclose(spec: CommandSpec): Promise<EnclosedCommand>;
  close(): Promise<void>;
}
