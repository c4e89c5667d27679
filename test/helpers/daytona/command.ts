/** Commands of a sandbox: real processes, their output kept and followed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { homeOf, type Sandbox } from './sandbox.ts';

/** A piece of output as the daemon keeps it: marked with where it came from. */
type Frame = Buffer;
const STDOUT = Buffer.from([1, 1, 1]);
const STDERR = Buffer.from([2, 2, 2]);

export interface RunningCommand {
  readonly id: string;
  readonly command: string;
  readonly frames: readonly Frame[];
  readonly ended: Promise<number>;
  exitCode(): number | null;
  /** Hands over what is there and what comes, then null. Returns what stops it. */
  follow(listener: (frame: Frame | null) => void): () => void;
  /** All output without its marks. */
  text(): string;
}

export interface CommandOptions {
  /** Split by the daemon's rules and run without a shell, as `process/execute` does. */
  readonly isShell: boolean;
  readonly timeoutMs: number | null;
}

export function runCommand(sandbox: Sandbox, command: string, options: CommandOptions): RunningCommand {
  const mapped = mapPaths(sandbox, command);
  const [file = '', ...args] = options.isShell ? ['bash', '-c', `{ ${mapped}; }`] : splitCommand(mapped);
  const child = spawn(file, args, {
    cwd: sandbox.folder,
    env: environmentOf(sandbox),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const frames: Frame[] = [];
  const listeners = new Set<(frame: Frame | null) => void>();
  let exitCode: number | null = null;
  const take = (mark: Buffer) => (data: Buffer) => {
    const frame = Buffer.concat([mark, data]);
    frames.push(frame);
    for (const listener of listeners) listener(frame);
  };
  child.stdout.on('data', take(STDOUT));
  child.stderr.on('data', take(STDERR));
  const ended = endOf(child).then((code) => {
    exitCode = code;
    for (const listener of listeners) listener(null);
    listeners.clear();
    return code;
  });
  if (options.timeoutMs !== null) {
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs);
    void ended.then(() => clearTimeout(timer));
  }
  return {
    id: randomUUID(),
    command,
    frames,
    ended,
    exitCode: () => exitCode,
    follow: (listener) => {
      for (const frame of frames) listener(frame);
      if (exitCode === null) listeners.add(listener);
      else listener(null);
      return () => listeners.delete(listener);
    },
    text: () => Buffer.concat(frames.map((frame) => frame.subarray(STDOUT.length))).toString('utf8'),
  };
}

const endOf = (child: ChildProcess): Promise<number> =>
  new Promise((resolve) => {
    child.once('error', () => resolve(-1));
    child.once('close', (code) => resolve(code ?? 137));
  });

/** Nothing of this process's own environment: a sandbox is another machine. */
function environmentOf(sandbox: Sandbox): Record<string, string> {
  return {
    PATH: [path.dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(':'),
    HOME: homeOf(sandbox),
    LANG: 'C.UTF-8',
    DAYTONA_SANDBOX_ID: sandbox.id,
    ...sandbox.env,
  };
}

/** There is no own root directory: what a snapshot has under /opt lies below the folder. */
const mapPaths = ({ folder }: Sandbox, command: string): string =>
  command.replaceAll(/(?<![\w./-])\/opt\/ptc\b/g, `${folder}/opt/ptc`);

/** As the daemon does it: quotes group and go, nothing escapes, no shell. */
function splitCommand(command: string): string[] {
  const words: string[] = [];
  let word = '';
  let quote = '';
  for (const character of command) {
    if (quote === '' ? character === '"' || character === "'" : character === quote) {
      quote = quote === '' ? character : '';
    } else if (character === ' ' && quote === '') {
      if (word !== '') words.push(word);
      word = '';
    } else {
      word += character;
    }
  }
  return word === '' ? words : [...words, word];
}
