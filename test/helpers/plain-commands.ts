import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { type Commands, type CommandSpec } from '../../src/runner/command/command.ts';
import { type CommandEnd } from '../../src/protocol/proof.ts';

/** Enough for the tests; a command that prints more is ended. */
const OUTPUT_LIMIT_BYTES = 1_000_000;

/** Commands as plain child processes of this one, apart from nothing: for tests of what calls commands. */
export function plainCommands(): Commands {
  return {
    level: 'none',
    caveats: ['Nothing keeps these commands apart.'],
    run: runPlain,
    prepareFolder: async (path) => {
      await mkdir(path, { recursive: true });
    },
    close: () => Promise.resolve(),
  };
}

function runPlain(spec: CommandSpec): Promise<CommandEnd> {
  const started = performance.now();
  // A company's own certificate authority stands before the registries of some machines.
  const { PATH, HOME, NODE_EXTRA_CA_CERTS, SSL_CERT_FILE, REQUESTS_CA_BUNDLE } = process.env;
  const certificates = { NODE_EXTRA_CA_CERTS, SSL_CERT_FILE, REQUESTS_CA_BUNDLE };
  const child = spawn('/bin/bash', ['-c', spec.command], {
    cwd: spec.tree,
    env: { PATH, HOME, LANG: 'C.UTF-8', CI: '1', ...certificates, ...spec.env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let outputBytes = 0;
  let limit: CommandEnd['limit'] = null;
  const stop = (reason: CommandEnd['limit']): void => {
    limit ??= reason;
    if (child.pid !== undefined) killGroup(child.pid);
  };
  const read = (chunk: Buffer): void => {
    outputBytes += chunk.length;
    if (output.length < OUTPUT_LIMIT_BYTES) output += chunk.toString();
    if (outputBytes > OUTPUT_LIMIT_BYTES) stop('output');
  };
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  const cancel = (): void => stop('cancelled');
  const timer = setTimeout(() => stop('timeout'), spec.timeoutMs);
  spec.signal.addEventListener('abort', cancel);
  if (spec.signal.aborted) cancel();
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => {
      clearTimeout(timer);
      spec.signal.removeEventListener('abort', cancel);
      const durationMs = performance.now() - started;
      resolve({ exitCode, limit, durationMs, output, outputBytes });
    });
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself meanwhile.
  }
}
