import { setTimeout as sleep } from 'node:timers/promises';
import { type Sandbox } from '@daytonaio/sdk';
import { type Call } from './call.ts';
import { type Patience } from './settings.ts';

/** Session of the daemon that the launcher runs in. */
export const SESSION = 'ptc-runner';
const MOST_DELAY_MS = 5_000;

/** The launcher’s output, followed. */
export interface LauncherStream {
  isOpen(): boolean;
  /** True once the launcher has ended, and nothing more can come. */
  isOver(): boolean;
  /** Forgets a stream that is dead without saying so; the SDK cannot close one. */
  reopen(): void;
  stop(): void;
}

export interface StreamOptions {
  readonly sandbox: Sandbox;
  readonly call: Call;
  readonly patience: Patience;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
  /** Called after lines, and when the stream has ended or broken. */
  readonly onChange: () => void;
}

/**
 * Opens the stream again whenever it breaks, slower and slower while nothing is heard. Each time the daemon says
 * all from the beginning.
 */
export function followLauncher(options: StreamOptions): LauncherStream {
  const { patience, onLine, onChange } = options;
  const stopping = new AbortController();
  const signal = AbortSignal.any([options.signal, stopping.signal]);
  let current: { readonly opened: AbortController; isOpen: boolean };
  let isOver = false;

  const follow = async (mine: typeof current): Promise<void> => {
    const gone = AbortSignal.any([signal, mine.opened.signal]);
    for (let silent = 0; !gone.aborted && !isOver; silent += 1) {
      const hear = (line: string): void => {
        if (gone.aborted) return;
        silent = 0;
        onLine(line);
      };
      const onOpen = (): void => {
        mine.isOpen = true;
      };
      const hasEnded = await followOnce(options, { hear, onOpen, gone }).catch(() => false);
      if (gone.aborted) return;
      mine.isOpen = false;
      isOver = hasEnded;
      onChange();
      const delayMs = Math.min(patience.retryMs * 2 ** Math.min(silent, 10), MOST_DELAY_MS);
      if (!isOver) await sleep(delayMs, undefined, { signal: gone }).catch(() => {});
    }
  };
  const open = (): void => {
    current = { opened: new AbortController(), isOpen: false };
    void follow(current);
  };
  open();

  return {
    isOpen: () => current.isOpen,
    isOver: () => isOver,
    reopen: () => {
      current.opened.abort();
      open();
    },
    stop: () => stopping.abort(),
  };
}

interface Ear {
  readonly hear: (line: string) => void;
  readonly onOpen: () => void;
  readonly gone: AbortSignal;
}

/** Resolves when the stream is closed: true when the launcher has ended, false when the stream alone did. */
async function followOnce({ sandbox, call, onChange }: StreamOptions, ear: Ear): Promise<boolean> {
  const asked = { what: 'look after the runner', signal: ear.gone };
  const session = await call(() => sandbox.process.getSession(SESSION), asked);
  // Launchers that came second end at once, so the one that goes on is the one.
  const running = session.commands?.find(({ exitCode }) => exitCode === undefined);
  if (running === undefined) return (session.commands ?? []).length > 0;
  ear.onOpen();
  let rest = '';
  const take = (text: string): void => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) ear.hear(line);
    onChange();
  };
  // Both listeners are needed; the promise resolves whatever closed the stream, the workspace’s death too.
  await sandbox.process.getSessionCommandLogs(SESSION, running.id, take, () => {});
  const { exitCode } = await call(() => sandbox.process.getSessionCommand(SESSION, running.id), asked);
  return exitCode !== undefined;
}
