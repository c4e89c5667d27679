import { type CheckPlace } from './checks/check-place.ts';
import { endedWell, type SetupRun, setUpTree } from './checks/set-up-tree.ts';
import { type Commands } from './command/command.ts';
import { type Emit } from './events.ts';
import { endInWords, type RunAgentCommand } from './tools/run-command.ts';
import { type WorkTree } from './work-tree.ts';

export interface AgentCommandsSetup {
  readonly work: WorkTree;
  readonly setup: readonly string[];
  readonly commands: Commands;
  readonly reports: string;
  readonly setupTimeoutMs: number;
  readonly commandTimeoutMs: number;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

export interface AgentCommands {
  /** Sets the tree up before the first command: an agent that runs none does not wait for that. */
  readonly run: RunAgentCommand;
  /** New files that the agent's commands left behind, outside of the change. */
  readonly byProducts: () => Promise<readonly string[]>;
}

export function openAgentCommands(config: AgentCommandsSetup): AgentCommands {
  const { work, commands, emit, signal } = config;
  let ready: Promise<SetUpWork> | null = null;
  return {
    async run(command) {
      // What the runner has written since the last command is to be writable for this one.
      await commands.prepareFolder(work.path);
      ready ??= setUpWork(config);
      const { note } = await ready;
      const place = {
        tree: work.path,
        writable: [],
        env: {},
        network: 'none',
        timeoutMs: config.commandTimeoutMs,
      } as const;
      const end = await commands.run({ command, ...place, signal });
      emit({ type: 'command', purpose: 'agent', tree: 'work', command, end });
      signal.throwIfAborted();
      return { end, note };
    },
    async byProducts() {
      if (ready === null) return [];
      const { known } = await ready;
      return (await work.byProducts(signal)).filter((path) => !known.has(path));
    },
  };
}

interface SetUpWork {
  readonly note: string;
  /** What the set-up itself left behind. */
  readonly known: ReadonlySet<string>;
}

async function setUpWork(config: AgentCommandsSetup): Promise<SetUpWork> {
  const { work, commands, emit, signal } = config;
  const before = await work.snapshot(signal);
  const place: CheckPlace = {
    tree: work.path,
    reports: config.reports,
    commands,
    timeoutMs: config.setupTimeoutMs,
    signal,
    onCommand: (done) => emit({ type: 'command', tree: 'work', ...done }),
  };
  const runs = await setUpTree(config.setup, place);
  const restored = await work.restore(before, signal);
  if (restored.length > 0) {
    emit({
      type: 'note',
      text: `The set-up changed files of the repository; they were put back: ${restored.join(', ')}`,
    });
    await commands.prepareFolder(work.path);
  }
  return { note: failureNote(runs), known: new Set(await work.byProducts(signal)) };
}

function failureNote(runs: readonly SetupRun[]): string {
  const failed = runs.find(({ end }) => !endedWell(end));
  return failed === undefined
    ? ''
    : `The set-up of the repository failed here: \`${failed.command}\`. ${endInWords(failed.end)}\n`;
}
