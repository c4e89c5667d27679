import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { type Readable, type Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { EndedJob } from '../protocol/ended-job.ts';
import { type RunnerJob } from '../protocol/runner-job.ts';
import { type Log } from '../run/ports.ts';
import { hasArguments, identify, isAlive, type ProcessIdentity, signalProcess } from './processes.ts';
import { toPlainText } from './runner-log.ts';
import { notStarted, record, runnerEnvironment, type RunnerProgram } from './runner-process.ts';
import { type WorkspaceFolder } from './workspace-folder.ts';

/** A host that has had nothing to do for so long is let go. */
const IDLE_MS = 60_000;
/** After so many jobs another host begins afresh: what one holds on to by mistake has an end. */
const MAX_JOBS = 500;
/** While it has jobs it is asked so often whether it still listens, and killed when it has not so many times. */
const PING_MS = 10_000;
const MAX_UNANSWERED = 6;
const MAX_LOGGED = 2_000;
const POLL_MS = 25;

const hostArguments = (runnerFile: string): readonly string[] => [runnerFile, '--serve'];

/**
 * One runner for many workspaces, because it does nothing in them but wait for models: starting one for each would
 * cost more than all else that is done for them. It outlives the app until its jobs are done.
 */
export interface RunnerHost {
  /** Has the job in the folder done. Rejects with `runner-not-started`. */
  start(folder: WorkspaceFolder): Promise<void>;
  /** What became of a job that this app had it do, `lost` when the host ended before it; null for any other. */
  stateOf(root: string): 'running' | 'done' | 'lost' | null;
  /** Kills a host, of this app or another, with all it does: for one that does not do what it is told. */
  end(host: ProcessIdentity): Promise<void>;
  forget(root: string): void;
}

/**
 * True for a job that runs nothing and fetches nothing. One that goes on from a lost workspace has a process of its
 * own: if it was what ended the host, it ends nobody else again.
 */
export const fitsHost = ({ acceptance, repository, resume }: RunnerJob): boolean =>
  acceptance === 'as-is' && repository.cloneUrl === null && resume === null;

interface Host {
  readonly identity: ProcessIdentity;
  /** Folders whose jobs are not over. */
  readonly underWay: Set<string>;
  take(root: string): void;
  /** That of this folder is. False when it was not under way. */
  over(root: string): boolean;
  /** It ends when it has done what it has. */
  letGo(): void;
}

interface HostedJob {
  state: 'running' | 'done' | 'lost';
}

/** @param openPlace gives the folder that hosts work in, which is in no workspace */
export function createRunnerHost(
  program: RunnerProgram,
  openPlace: () => Promise<string>,
  log: Log,
  pingMs: number = PING_MS,
): RunnerHost {
  const jobs = new Map<string, HostedJob>();
  let current: Host | null = null;
  let taken = 0;
  let idle: NodeJS.Timeout | undefined;

  const letGo = (): void => {
    clearTimeout(idle);
    current?.letGo();
    current = null;
    taken = 0;
  };
  const end = (root: string, state: 'done' | 'lost'): void => {
    const job = jobs.get(root);
    if (job !== undefined) job.state = state;
  };
  const follow = (child: HostProcess, host: Host): void => {
    const stopWatching = watchOver(child, host, pingMs);
    createInterface({ input: child.stdout }).on('line', (line) => {
      const root = endedFolder(line);
      if (root === null || !host.over(root)) return;
      end(root, 'done');
      if (current === host && host.underWay.size === 0) idle = setTimeout(letGo, IDLE_MS).unref();
    });
    createInterface({ input: child.stderr }).on('line', (line) =>
      log.warn({ pid: child.pid, said: toPlainText(line.slice(0, MAX_LOGGED)) }, 'the runners’ host said'),
    );
    child.once('exit', (exitCode, killedBy) => {
      stopWatching();
      if (current === host) letGo();
      if (host.underWay.size === 0) return;
      log.error(
        { exitCode, killedBy, jobs: host.underWay.size },
        'the runners’ host ended with jobs under way',
      );
      for (const root of host.underWay) end(root, 'lost');
      host.underWay.clear();
    });
  };

  return {
    async start(folder) {
      const place = await openPlace();
      // From here to the end nothing else comes between: a host that takes a job is there, and records name it.
      if (current === null) {
        const child = spawnHost(program, place);
        if (child.pid === undefined) throw await notStarted(child);
        current = hostOf(child, child.pid);
        follow(child, current);
      }
      clearTimeout(idle);
      record(folder, { ...current.identity, isShared: true });
      jobs.set(folder.root, { state: 'running' });
      current.take(folder.root);
      taken += 1;
      if (taken === MAX_JOBS) letGo();
    },
    stateOf: (root) => jobs.get(root)?.state ?? null,
    async end(host) {
      if (!(await hasArguments(host.pid, hostArguments(program.runnerFile)))) return;
      signalProcess(host, 'SIGKILL');
      while (isAlive(host)) await sleep(POLL_MS);
    },
    forget: (root) => void jobs.delete(root),
  };
}

type HostProcess = ChildProcessByStdio<Writable, Readable, Readable>;

function spawnHost(program: RunnerProgram, place: string): HostProcess {
  const child = spawn(program.nodePath, hostArguments(program.runnerFile), {
    cwd: place,
    // It outlives the app, and no signal of a terminal ends it.
    detached: true,
    env: runnerEnvironment(program, '/nonexistent', '/nonexistent'),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    // A host that is gone is told of by its exit.
    stream.on('error', () => {});
    if (stream instanceof Socket) stream.unref();
  }
  child.unref();
  return child;
}

function hostOf(child: HostProcess, pid: number): Host {
  child.on('error', () => {});
  const identity = identify(pid);
  if (identity === null) throw new Error('a child that nobody has waited for is in /proc');
  const underWay = new Set<string>();
  let isLetGo = false;
  const endIfIdle = (): void => {
    if (isLetGo && underWay.size === 0) child.stdin.end();
  };
  return {
    identity,
    underWay,
    take(root) {
      underWay.add(root);
      child.stdin.write(`${JSON.stringify(root)}\n`);
    },
    over(root) {
      const wasUnderWay = underWay.delete(root);
      endIfIdle();
      return wasUnderWay;
    },
    letGo() {
      isLetGo = true;
      endIfIdle();
    },
  };
}

/**
 * Kills a host that has jobs and does not answer any more: one job that never comes to an end would keep all others
 * from theirs. Asks are counted and not time, in which this process may have slept itself.
 */
function watchOver(child: HostProcess, { underWay }: Host, pingMs: number): () => void {
  let unanswered = 0;
  child.stdout.on('data', () => (unanswered = 0));
  const timer = setInterval(() => {
    if (underWay.size === 0) return;
    if (unanswered === MAX_UNANSWERED) child.kill('SIGKILL');
    unanswered += 1;
    child.stdin.write('\n');
  }, pingMs).unref();
  return () => clearInterval(timer);
}

function endedFolder(line: string): string | null {
  try {
    return EndedJob.safeParse(JSON.parse(line)).data?.ended ?? null;
  } catch {
    return null;
  }
}
