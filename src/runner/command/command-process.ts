import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import { type CommandEnd } from '../../protocol/proof.ts';
import { notStarted } from './command-errors.ts';
import { type Descendants } from './descendants.ts';
import { watchMemory } from './memory-watch.ts';
import { type OutputPipe } from './output-pipe.ts';
import { createOutputWindow, type OutputWindow } from './output-window.ts';

/** How long output may still come when the processes that could be found are dead. */
const DRAIN_MS = 1000;

/** A program ready to be started: the command with everything that keeps it apart around it. */
export interface Launch {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Opened for reading, from descriptor 4 on; only where the descendants report their status on 3. */
  readonly files: readonly string[];
  readonly descendants: Descendants;
  readonly output: OutputPipe;
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  readonly outputLimitBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Starts it and follows it to its end. When this resolves, every process it started is dead.
 * @throws PtcError `command-not-started`, `command-not-ended`
 */
export async function runProcess(launch: Launch): Promise<CommandEnd> {
  const { descendants, output } = launch;
  const startedAt = performance.now();
  const window = createOutputWindow();
  try {
    const child = await start(launch);
    const drained = once(output.reader, 'close');
    const limit = await follow(launch, child, window);
    await descendants.end();
    output.reader.resume();
    const lateOutput = setTimeout(() => output.reader.destroy(), DRAIN_MS);
    await drained;
    clearTimeout(lateOutput);
    if (limit === null && descendants.neverReached()) throw notStarted(window.text().trim());
    return {
      exitCode: limit === null ? exitCodeOf(child) : null,
      limit,
      durationMs: performance.now() - startedAt,
      output: window.text(),
      outputBytes: window.bytes(),
    };
  } finally {
    output.reader.destroy();
  }
}

async function start({ argv, env, cwd, files, descendants, output }: Launch): Promise<ChildProcess> {
  const [program = '', ...args] = argv;
  const opened: number[] = [];
  try {
    for (const file of files) opened.push(openSync(file, 'r'));
    const child = spawn(program, args, {
      cwd,
      env: { ...env },
      detached: true,
      stdio: [
        'ignore',
        output.writeEnd,
        output.writeEnd,
        ...(descendants.reportsStatus ? ['pipe' as const] : []),
        ...opened,
      ],
    });
    await once(child, 'spawn');
    descendants.started(child);
    return child;
  } catch (error) {
    throw notStarted(error instanceof Error ? error.message : String(error), { cause: error });
  } finally {
    for (const descriptor of [output.writeEnd, ...opened]) closeSync(descriptor);
  }
}

/** Resolves with what stopped it, once the child is gone; its descendants may still be there. */
async function follow(
  { descendants, output, signal, ...launch }: Launch,
  child: ChildProcess,
  window: OutputWindow,
): Promise<CommandEnd['limit']> {
  const { promise: gone, resolve, reject } = Promise.withResolvers<void>();
  let limit: CommandEnd['limit'] = null;
  const stop = (reason: CommandEnd['limit']): void => {
    if (limit !== null) return;
    limit = reason;
    descendants.end().then(resolve, reject);
  };
  const onOutput = (chunk: Buffer): void => {
    window.add(chunk);
    if (window.bytes() <= launch.outputLimitBytes || !isRunning(child)) return;
    // Not read on until it is dead: whoever writes must wait.
    output.reader.pause();
    stop('output');
  };
  const onAbort = (): void => stop('cancelled');

  child.once('exit', () => resolve());
  output.reader.on('data', onOutput);
  const timer = setTimeout(() => stop('timeout'), launch.timeoutMs);
  const unwatch = watchMemory(
    () => descendants.pids(),
    launch.memoryBytes,
    () => stop('memory'),
  );
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  try {
    await gone;
  } finally {
    clearTimeout(timer);
    unwatch();
    signal.removeEventListener('abort', onAbort);
  }
  return limit;
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** As a shell counts: 128 and the signal's number when a signal ended it. */
function exitCodeOf(child: ChildProcess): number | null {
  return child.signalCode === null ? child.exitCode : 128 + constants.signals[child.signalCode];
}
