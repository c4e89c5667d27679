import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import { openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

const BATCH = 16;

/** Both ends of one pipe. `writeEnd` is a descriptor that the caller must close. */
export interface OutputPipe {
  readonly reader: Socket;
  readonly writeEnd: number;
}

export interface OutputPipes {
  take(): Promise<OutputPipe>;
}

/**
 * Real pipes for the output of commands. Node's own `pipe` is a socket pair: one for each stream, so their
 * order is lost, and `echo >/dev/stderr` fails on it. Named pipes are made a batch at a time and lose their
 * name as soon as they are open.
 *
 * @param folder readable by the runner alone
 */
export function createOutputPipes(folder: string): OutputPipes {
  const ready: string[] = [];
  let made = 0;
  let making: Promise<void> | null = null;

  async function makeBatch(): Promise<void> {
    const paths = Array.from({ length: BATCH }, () => join(folder, `output-${(made += 1)}`));
    // Writable for all: a command that opens /dev/stdout anew is checked against the pipe's mode.
    await promisify(execFile)('mkfifo', ['-m', '622', ...paths], { timeout: 10_000 });
    ready.push(...paths);
  }

  async function takePath(): Promise<string> {
    let path = ready.pop();
    while (path === undefined) {
      making ??= makeBatch().finally(() => {
        making = null;
      });
      await making;
      path = ready.pop();
    }
    return path;
  }

  return {
    async take() {
      const path = await takePath();
      const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const writeEnd = openSync(path, constants.O_WRONLY);
      await fs.unlink(path);
      return { reader: new Socket({ fd: readEnd, readable: true, writable: false }), writeEnd };
    },
  };
}
