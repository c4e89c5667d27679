import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SIGN } from './attack.ts';

/** The runner's side: files, services and a secret that commands should not get at. */
export interface Host {
  /** A folder as a person's home: `.ssh/id` for its owner alone, `.ssh/config` for all to read. */
  readonly home: string;
  /** Ports of services on loopback that print the sign: any one, and one for the workspace's daemon. */
  readonly servicePort: number;
  readonly toolboxPort: number;
  /** A name in the abstract namespace, and a path that every user may open. */
  readonly abstractName: string;
  readonly socketPath: string;
  /** A shell command as the runner's own user, kept apart by nothing. */
  run(command: string): Promise<string>;
  close(): Promise<void>;
}

export const CANARY = `canary-${randomUUID()}`;
export const CANARY_VARIABLE = 'CANARY_OF_THE_RUNNER';

export async function openHost(): Promise<Host> {
  const home = await fs.mkdtemp(join(tmpdir(), 'ptc-host-'));
  await fs.chmod(home, 0o755);
  await fs.mkdir(join(home, '.ssh'));
  await fs.writeFile(join(home, '.ssh', 'id'), CANARY, { mode: 0o600 });
  await fs.writeFile(join(home, '.ssh', 'config'), CANARY, { mode: 0o644 });
  process.env[CANARY_VARIABLE] = CANARY;
  const abstractName = `ptc-${randomUUID()}`;
  const socketPath = join(home, 'service.sock');
  const servers = await Promise.all([
    listen({ port: 0, host: '127.0.0.1' }),
    listen({ port: 0, host: '127.0.0.1' }),
    listen({ path: `\0${abstractName}` }),
    listen({ path: socketPath }),
  ]);
  await fs.chmod(socketPath, 0o777);
  const [service, toolbox] = servers;
  return {
    home,
    servicePort: portOf(service),
    toolboxPort: portOf(toolbox),
    abstractName,
    socketPath,
    run: (command) =>
      new Promise((resolve) => {
        const done = (_error: Error | null, stdout: string): void => resolve(stdout);
        execFile('/bin/bash', ['-c', command], { timeout: 10_000, cwd: home }, done);
      }),
    async close() {
      delete process.env[CANARY_VARIABLE];
      for (const server of servers) server.close();
      await fs.rm(home, { recursive: true, force: true });
    },
  };
}

async function listen(options: { port: number; host: string } | { path: string }): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(`${SIGN}\n`);
  });
  await once(server.listen(options), 'listening');
  return server;
}

function portOf(server: Server | undefined): number {
  const address = server?.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
