import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ScriptedModel } from './scripted-model.ts';

const MAIN = path.join(import.meta.dirname, '..', '..', 'src', 'main.ts');

export interface CliEnd {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliCall {
  readonly exited: Promise<CliEnd>;
  readonly pid: number;
  /** What it has printed on standard error so far. */
  progress(): string;
  kill(signal: NodeJS.Signals): void;
}

/** The real program in processes of its own, with a data folder of its own. */
export interface Cli {
  readonly dataDir: string;
  run(args: readonly string[], options?: CliOptions): Promise<CliEnd>;
  start(args: readonly string[], options?: CliOptions): CliCall;
  /** Ids of the runs it recorded. */
  runs(): Promise<readonly string[]>;
  /** Workspaces there are now. */
  workspaces(): Promise<readonly string[]>;
  clear(): Promise<void>;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly cwd?: string;
}

/** The environment that offers the scripted model as an Anthropic-shaped server. */
export const asAnthropic = (model: ScriptedModel): Readonly<Record<string, string>> => ({
  ANTHROPIC_API_KEY: 'canary-key-of-the-cli',
  ANTHROPIC_BASE_URL: model.url,
});

/** The same as an OpenAI-shaped one. */
export const asOpenAi = (model: ScriptedModel): Readonly<Record<string, string>> => ({
  COMPATIBLE_API_KEY: 'canary-key-of-the-cli',
  COMPATIBLE_BASE_URL: `${model.url}/v1`,
  PTC_MODELS: 'compatible:scripted',
  PTC_MODEL_PRICES: '{"compatible:scripted":{"inputUsdPerMTok":1,"outputUsdPerMTok":2}}',
});

export async function openCli(env: Readonly<Record<string, string>> = {}): Promise<Cli> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'ptc-cli-'));
  // Commands run as another user when we are root, and must be able to reach their tree.
  await chmod(dataDir, 0o711);
  const start = (args: readonly string[], options: CliOptions = {}): CliCall => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: options.cwd ?? dataDir,
      env: {
        PATH: process.env['PATH'],
        HOME: dataDir,
        GIT_CONFIG_NOSYSTEM: '1',
        PTC_DATA_DIR: dataDir,
        // Our own samples may go on where a machine offers no isolation.
        PTC_UNSAFE_NO_ISOLATION: 'true',
        ...env,
        ...options.env,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    child.stdin.end(options.input ?? '');
    return {
      pid: child.pid ?? 0,
      exited: new Promise((resolve) => child.once('close', (exitCode) => resolve({ exitCode, ...output }))),
      progress: () => output.stderr,
      kill: (signal) => void child.kill(signal),
    };
  };
  const names = (folder: string): Promise<readonly string[]> =>
    readdir(path.join(dataDir, folder)).catch(() => []);
  return {
    dataDir,
    start,
    run: (args, options) => start(args, options).exited,
    runs: () => names('runs'),
    workspaces: () => names('terminal-workspaces'),
    clear: () => rm(dataDir, { recursive: true, force: true }),
  };
}
