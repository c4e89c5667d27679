/** A sandbox without processes: it knows the app's scripts by what they are for, and does in memory what they do. */
import { randomUUID } from 'node:crypto';
import { type RunningCommand } from '../../helpers/daytona/command.ts';
import { createFiles, type SimulatedFiles } from './simulated-files.ts';
import { type RunnerScript, simulateRunner } from './simulated-runner.ts';

const ROOT = '/home/daytona/ptc';
const READ_LIMIT_BYTES = 4 * 1024 * 1024;
/** As the launcher does. */
const TELL_EVERY_MS = 20;
const STDOUT = Buffer.from([1, 1, 1]);

export interface SimulatedSandbox {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  launched: RunningCommand | null;
  /** What a script answers. Throws for one that nobody foresaw. */
  execute(command: string): { readonly exitCode: number; readonly result: string };
  upload(path: string, content: Uint8Array): void;
  launch(command: string): RunningCommand;
  remove(): void;
}

export interface SandboxOptions {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Text of the `template.json` of its snapshot. */
  readonly manifest: string;
  /** Of the runner that is started in it. */
  readonly script: () => RunnerScript;
}

export function createSandbox({ name, labels, manifest, script }: SandboxOptions): SimulatedSandbox {
  const files = createFiles();
  const removed = new AbortController();
  const sandbox: SimulatedSandbox = {
    id: randomUUID(),
    name,
    labels,
    launched: null,
    execute: (command) => {
      const [, text = '', given = ''] = /^sh -c '([^']*)' ptc ?(.*)$/s.exec(command) ?? [];
      const args = given.split(' ').map((arg) => arg.replace(`${ROOT}/`, ''));
      const [, answer] = SCRIPTS.find(([mark]) => text.includes(mark)) ?? [];
      if (answer === undefined) throw new Error(`a script nobody foresaw: ${command}`);
      return answer({ files, args, manifest, runner: sandbox.launched });
    },
    upload: (path, content) => files.write(path.replace(`${ROOT}/`, ''), content),
    launch: (command) => {
      const runner = simulateRunner(files, script(), removed.signal);
      sandbox.launched = followed(files, command, runner);
      return sandbox.launched;
    },
    remove: () => removed.abort(),
  };
  return sandbox;
}

interface ScriptCall {
  readonly files: SimulatedFiles;
  readonly args: readonly string[];
  readonly manifest: string;
  readonly runner: RunningCommand | null;
}
type ScriptAnswer = { readonly exitCode: number; readonly result: string };

/** By a word that stands in the one script and in no other. */
const SCRIPTS: readonly (readonly [string, (call: ScriptCall) => ScriptAnswer])[] = [
  ['template.json', ({ manifest }) => ({ exitCode: 0, result: `${ROOT}\n${manifest}` })],
  ['tail -c', readPart],
  [
    'mv -f',
    ({ files, args: [from = '', to = ''] }) => {
      files.move(from, to);
      return { exitCode: 0, result: '' };
    },
  ],
  [
    'runner-claim',
    ({ runner }) => ({
      exitCode: 0,
      result: runner === null ? 'not-started' : runner.exitCode() === null ? 'running' : 'exited',
    }),
  ],
];

function readPart({ files, args: [name = '', from = '1'] }: ScriptCall): ScriptAnswer {
  const content = files.read(name);
  if (content === null) return { exitCode: 8, result: '' };
  const part = content.subarray(Number(from) - 1, Number(from) - 1 + READ_LIMIT_BYTES);
  return { exitCode: 0, result: `${content.length}\n${part.toString('base64')}` };
}

/** The launcher: says how long the events are, until the runner has ended. */
function followed(files: SimulatedFiles, command: string, runner: Promise<void>): RunningCommand {
  const frames: Buffer[] = [];
  const listeners = new Set<(frame: Buffer | null) => void>();
  let told = -1;
  let timer: NodeJS.Timeout | null = null;
  let exitCode: number | null = null;
  const tell = (): void => {
    const sizeBytes = files.read('events.ndjson')?.length ?? 0;
    if (timer !== null || sizeBytes === told) return;
    told = sizeBytes;
    const frame = Buffer.concat([STDOUT, Buffer.from(`${frames.length + 1} ${sizeBytes}\n`)]);
    frames.push(frame);
    for (const listener of listeners) listener(frame);
    timer = setTimeout(() => {
      timer = null;
      tell();
    }, TELL_EVERY_MS);
  };
  files.onChange(tell);
  const ended = runner
    .then(
      () => 0,
      () => 1,
    )
    .then((code) => {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      tell();
      exitCode = code;
      for (const listener of listeners) listener(null);
      return code;
    });
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
    text: () => '',
  };
}
