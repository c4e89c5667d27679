import { type Check } from '../check.ts';

/** What one folder of a tree is installed and checked with. Commands are as typed in that folder. */
export interface FoundInFolder {
  readonly setup: readonly string[];
  readonly checks: readonly Omit<Check, 'folder'>[];
  /**
   * Patterns of the folders below (relative to this one, `!` before those left out) whose packages of the same
   * ecosystem this one's set-up installs too: the members of its workspace. Of a member, only kinds of checks
   * are used that this folder has none of itself; an unknown tool's tests count as none. Empty without a
   * workspace.
   */
  readonly members: readonly string[];
}

/**
 * One world of packages. To add another: a file like the others here, and a row in ecosystems.ts. For a tool
 * whose single results are to be known: its name in `CheckTool` (check.ts), a row in tool-patterns.ts that
 * tells it by a command, and a reporter with its row in reporters.ts.
 */
export interface Ecosystem {
  readonly name: string;
  /** Base names of files that make a folder below the root a package. */
  readonly manifests: RegExp;
  /**
   * Host names of its public registries: all that its set-up commands may reach. They take uploads too, so this
   * keeps nothing secret by itself.
   */
  readonly registries: readonly string[];
  /**
   * Null when the folder is not of this ecosystem. Asked for the root always, and for every folder with a
   * manifest. Never throws.
   *
   * @param tree a fresh checkout; nothing of it is executed, and it is read by readTreeFile alone
   * @param folder relative to the tree, with slashes; empty for the root
   * @param files the files in and below that folder, relative to it: bounded in depth, and without folders
   *   that hold dependencies, results or fixtures
   */
  find(tree: string, folder: string, files: readonly string[]): Promise<FoundInFolder | null>;
}
