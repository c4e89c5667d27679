import { type CheckPlace } from './checks/check-place.ts';
import { type CheckPackage, type FoundChecks } from './checks/check.ts';
import { firstPackages, packagesFor } from './checks/packages-for.ts';
import { endedWell, type SetupRun, setUpTree } from './checks/set-up-tree.ts';
import { withToolFolder } from './checks/tool-folder.ts';
import { type Commands } from './command/command.ts';
import { type Turns } from './command/turns.ts';
import { type Emit } from './events.ts';
import { git, nulSeparated } from './git.ts';
import { endInWords, type RunAgentCommand } from './tools/run-command.ts';
import { type WorkTree } from './work-tree.ts';

export interface AgentCommandsSetup {
  readonly work: WorkTree;
  /** What the tree, as it stands, is set up with; asked before each set-up with the paths that changed. */
  readonly find: (place: CheckPlace, changed: readonly string[]) => Promise<FoundChecks>;
  readonly commands: Commands;
  readonly reports: string;
  readonly setupTimeoutMs: number;
  readonly commandTimeoutMs: number;
  readonly setUps: Turns;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

export interface AgentCommands {
  /**
   * Sets the tree up before the first command: an agent that runs none does not wait for that. A package below
   * the root is set up before the first command that names it, or that follows a change in it.
   */
  readonly run: RunAgentCommand;
  /** The tree, set up as far as the change so far needs it, to run checks in. */
  readonly place: () => Promise<CheckPlace>;
  /** New files that the agent's commands left behind, outside of the change. */
  readonly byProducts: () => Promise<readonly string[]>;
}

export function openAgentCommands(config: AgentCommandsSetup): AgentCommands {
  const { work, commands, emit, signal } = config;
  const tree = openTree(config);
  return {
    async run(command) {
      // What the runner has written since the last command is to be writable for this one.
      await commands.prepareFolder(work.path);
      const note = await tree.setUpFor(command);
      const place = {
        tree: work.path,
        writable: [],
        env: {},
        network: 'none',
        timeoutMs: config.commandTimeoutMs,
      } as const;
      const withTools = withToolFolder(command, tree.folderFor(command));
      const end = await commands.run({ command: withTools, ...place, signal });
      emit({ type: 'command', purpose: 'agent', tree: 'work', command, end });
      signal.throwIfAborted();
      return { end, note };
    },
    async place() {
      await commands.prepareFolder(work.path);
      await tree.setUpFor('');
      return placeOf(config);
    },
    async byProducts() {
      const known = tree.leftBySetUp();
      if (known === null) return [];
      return (await work.byProducts(signal)).filter((path) => !known.has(path));
    },
  };
}

interface Tree {
  /** What the agent should know about how the set-up went; empty when all went well. */
  setUpFor(command: string): Promise<string>;
  /** The package whose tools a command is to find: the last one it names, else the only one or the root. */
  folderFor(command: string): string;
  /** Files that the set-up itself left behind; null when nothing was set up. */
  leftBySetUp(): ReadonlySet<string> | null;
}

function openTree(config: AgentCommandsSetup): Tree {
  const { work, signal } = config;
  const setUp = new Set<string>();
  const left = new Set<string>();
  let found: FoundChecks = { packages: [] };
  let note = '';
  let isFirst = true;
  let last: Promise<unknown> = Promise.resolve();
  const setUpNow = async (command: string): Promise<string> => {
    const changed = await changedPaths(work, signal);
    found = await config.find(placeOf(config), changed);
    const wanted = packagesFor(found, [...changed, ...namedBy(command, found)]);
    const packages = wanted.filter((each) => !setUp.has(setUpKey(each)));
    if (packages.length === 0 && !isFirst) return note;
    isFirst = false;
    const before = new Set(await work.byProducts(signal));
    for (const each of packages) setUp.add(setUpKey(each));
    note += failureNote(await setUpWork(config, packages));
    for (const path of await work.byProducts(signal)) if (!before.has(path)) left.add(path);
    return note;
  };
  return {
    setUpFor(command) {
      const done = last.then(() => setUpNow(command));
      last = done.catch(() => {});
      return done;
    },
    folderFor(command) {
      const named = found.packages.findLast(({ folder }) => folder !== '' && command.includes(folder));
      return (named ?? firstPackages(found)[0])?.folder ?? '';
    },
    leftBySetUp: () => (isFirst ? null : left),
  };
}

/** What is set up otherwise than before is set up again. */
const setUpKey = ({ folder, setup }: CheckPackage): string => JSON.stringify([folder, setup]);

async function changedPaths({ path, gitDir }: WorkTree, signal: AbortSignal): Promise<readonly string[]> {
  const call = { gitDir, workTree: path, signal };
  return nulSeparated(await git(['diff-index', '-z', '--name-only', 'HEAD'], call));
}

/** A path in each package whose folder stands in the command. */
function namedBy(command: string, { packages }: FoundChecks): readonly string[] {
  const named = packages.filter(({ folder }) => folder !== '' && command.includes(folder));
  return named.map(({ folder }) => `${folder}/`);
}

async function setUpWork(
  config: AgentCommandsSetup,
  packages: readonly CheckPackage[],
): Promise<readonly SetupRun[]> {
  const { work, commands, emit, signal } = config;
  const before = await work.snapshot(signal);
  const finishTurn = await config.setUps.take();
  const runs = await setUpTree(packages, placeOf(config)).finally(finishTurn);
  const restored = await work.restore(before, signal);
  if (restored.length > 0) {
    emit({
      type: 'note',
      text: `The set-up changed files of the repository; they were put back: ${restored.join(', ')}`,
    });
    await commands.prepareFolder(work.path);
  }
  return runs;
}

const placeOf = ({
  work,
  reports,
  commands,
  setupTimeoutMs,
  emit,
  signal,
}: AgentCommandsSetup): CheckPlace => ({
  tree: work.path,
  reports,
  commands,
  timeoutMs: setupTimeoutMs,
  signal,
  onCommand: (done) => emit({ type: 'command', tree: 'work', ...done }),
});

function failureNote(runs: readonly SetupRun[]): string {
  const failed = runs.find(({ end }) => !endedWell(end));
  return failed === undefined
    ? ''
    : `The set-up of the repository failed here: \`${failed.command}\`. ${endInWords(failed.end)}\n`;
}
