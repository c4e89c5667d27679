import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandSpec, type Commands } from '../../../src/runner/command/command.ts';
import { commandsIn } from '../../../src/runner/command/enclosed-commands.ts';
import { openContext, type OpenCommandsOptions } from '../../../src/runner/command/enclosure-context.ts';
import { type Enclosure, type EnclosureContext } from '../../../src/runner/command/enclosure.ts';
import { openCommands } from '../../../src/runner/command/open-commands.ts';
import { type CommandEnd } from '../../../src/protocol/proof.ts';
import { type IsolationSettings, type RunnerLimits } from '../../../src/protocol/runner-job.ts';

export const LIMITS: RunnerLimits = {
  attempts: 1,
  turns: 1,
  parallel: 1,
  commandTimeoutMs: 30_000,
  checkTimeoutMs: 30_000,
  jobTimeoutMs: 60_000,
  outputLimitBytes: 4 * 2 ** 20,
  memoryMb: 1024,
  processes: 64,
  fileSizeMb: 16,
};

export const SETTINGS: IsolationSettings = { allowNone: false, uid: null, registries: [] };

export type MakeEnclosure = (context: EnclosureContext) => Enclosure | Promise<Enclosure>;

/** A workspace folder with one tree, and commands opened on it. */
export interface CommandBed {
  readonly root: string;
  readonly tree: string;
  readonly commands: Commands;
  run(command: string, spec?: Partial<CommandSpec>): Promise<CommandEnd>;
  close(): Promise<void>;
}

/** @param options.enclosure used instead of the strongest one of this machine */
export async function openCommandBed(options: {
  readonly settings?: Partial<IsolationSettings>;
  readonly limits?: Partial<RunnerLimits>;
  readonly enclosure?: MakeEnclosure;
}): Promise<CommandBed> {
  const root = await makeWorkspaceFolder();
  const tree = join(root, 'trees', 'main');
  const given = {
    settings: { ...SETTINGS, ...options.settings },
    limits: { ...LIMITS, ...options.limits },
    root,
  };
  const commands = await openIn(options.enclosure, given);
  await commands.prepareFolder(tree);
  return {
    root,
    tree,
    commands,
    run: (command, spec) =>
      commands.run({
        command,
        tree,
        writable: [],
        env: {},
        network: 'none',
        timeoutMs: 30_000,
        signal: new AbortController().signal,
        ...spec,
      }),
    async close() {
      await commands.close();
      await fs.rm(root, { recursive: true, force: true });
    },
  };
}

async function openIn(make: MakeEnclosure | undefined, given: OpenCommandsOptions): Promise<Commands> {
  if (make === undefined) return openCommands(given);
  const context = await openContext(given);
  return commandsIn(await make(context), context);
}

/** Below the system's temporary folder, and passable for the commands' user. */
export async function makeWorkspaceFolder(): Promise<string> {
  const root = await fs.mkdtemp(join(tmpdir(), 'ptc-command-'));
  await fs.chmod(root, 0o711);
  return root;
}

/** Living processes whose command line holds a text. */
export async function processesWith(text: string): Promise<readonly number[]> {
  const pids = (await fs.readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const line = await fs.readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return line.includes(text) ? [pid] : [];
    }),
  );
  return found.flat().filter((pid) => pid !== process.pid);
}

/** A number of seconds for `sleep` that no other process sleeps: how a test finds its own again. */
export function rareSeconds(): string {
  return `${1000 + Math.floor(Math.random() * 1e6)}.${Math.floor(Math.random() * 1e6)}`;
}
