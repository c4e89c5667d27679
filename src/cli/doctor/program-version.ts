import { execFile } from 'node:child_process';
import { withoutSecrets } from '../../config.ts';

const TIMEOUT_MS = 15_000;

/** What a program prints when it is asked for its version, the line with its number; null when it cannot be started. */
export function programVersion(
  program: string,
  args: readonly string[],
  searchPath: string,
): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(
      program,
      args,
      { env: { ...withoutSecrets(process.env), PATH: searchPath }, timeout: TIMEOUT_MS },
      (error, stdout, stderr) => {
        const lines = `${stdout}\n${stderr}`.trim().split('\n');
        const line = lines.find((each) => /\d\.\d/.test(each)) ?? lines[0] ?? '';
        resolve(error === null && line !== '' ? line.trim() : null);
      },
    );
  });
}
