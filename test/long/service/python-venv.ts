import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Python with packages of its own. */
export interface PythonVenv {
  /** The path of a program in it. */
  program(name: string): string;
  remove(): Promise<void>;
}

export interface PythonEnd {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A virtual environment with exactly what the requirements file names; null, and why on standard error, where Python,
 * its venv or a registry is missing.
 */
export async function openVenv(requirements: string): Promise<PythonVenv | null> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ptc-venv-'));
  const program = (name: string): string => path.join(folder, 'bin', name);
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const steps = [
    ['python3', '-m', 'venv', folder],
    [program('python'), '-m', 'pip', 'install', '--quiet', '--no-deps', '--requirement', requirements],
  ] as const;
  for (const [command, ...args] of steps) {
    const { exitCode, stderr } = await runProgram(command, args, { inherit: true });
    if (exitCode === 0) continue;
    process.stderr.write(`${[command, ...args].join(' ')}:\n${stderr}\n`);
    await remove();
    return null;
  }
  return { program, remove };
}

export interface ProgramOptions {
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Sees the whole environment, as pip must, which finds its registry there. */
  readonly inherit?: boolean;
}

/** Runs a program to its end; a program that cannot be started ends with null. */
export function runProgram(
  command: string,
  args: readonly string[],
  { cwd, input = '', env = {}, inherit = false }: ProgramOptions = {},
): Promise<PythonEnd> {
  const child = spawn(command, args, {
    ...(cwd === undefined ? {} : { cwd }),
    // Nothing is to be left beside the sources.
    env: { ...(inherit ? process.env : { PATH: process.env['PATH'] }), PYTHONDONTWRITEBYTECODE: '1', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  // A program may end without reading its input.
  child.stdin.on('error', () => undefined).end(input);
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ exitCode: null, ...output, stderr: error.message }));
    child.once('close', (exitCode) => resolve({ exitCode, ...output }));
  });
}
