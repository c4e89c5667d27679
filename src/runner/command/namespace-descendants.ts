import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { type Descendants } from './descendants.ts';
import { killProcess } from './kill-process.ts';
import { descendantsOf, readProcess } from './process-table.ts';
import { untilDead } from './until-dead.ts';

/**
 * The processes in a PID namespace that bubblewrap made: when its first process dies, the kernel kills all
 * others before it lets that one go.
 */
export function createNamespaceDescendants(): Descendants {
  let child: ChildProcess | null = null;
  let status = '';
  let firstKnown: Promise<void> = Promise.resolve();
  let reportClosed: Promise<void> = Promise.resolve();

  const firstPid = (): number | null => {
    const pid = /"child-pid": (\d+)/.exec(status)?.[1];
    return pid === undefined ? null : Number(pid);
  };

  return {
    reportsStatus: true,
    started(started) {
      child = started;
      const report = started.stdio[3];
      if (!(report instanceof Readable)) throw new TypeError('bubblewrap was started without status pipe');
      report.setEncoding('utf8');
      const first = Promise.withResolvers<void>();
      const closed = Promise.withResolvers<void>();
      report.on('data', (text: string) => {
        status += text;
        if (firstPid() !== null) first.resolve();
      });
      report.once('close', () => {
        first.resolve();
        closed.resolve();
      });
      firstKnown = first.promise;
      reportClosed = closed.promise;
    },
    pids() {
      const pid = firstPid();
      return pid === null ? [] : descendantsOf(pid);
    },
    async end() {
      if (child === null) return;
      // Before its first process is known, killing bubblewrap could leave that one behind.
      await firstKnown;
      const pid = firstPid();
      if (isRunning(child)) {
        const exited = once(child, 'exit');
        if (pid !== null) killProcess(pid);
        await exited;
      }
      if (pid !== null) await untilDead(() => readProcess(pid) === null);
      await reportClosed;
    },
    neverReached: () => !status.includes('"exit-code"'),
  };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
