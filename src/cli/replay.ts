import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readRunConfig } from '../config.ts';
import { type Recording } from '../protocol/recording.ts';
import { type RunnerJob } from '../protocol/runner-job.ts';
import { assertRunner } from './run/assert-runner.ts';
import { EXIT } from './run/exit-code.ts';
import { openInterrupts } from './run/interrupts.ts';
import { openTarget } from './run/target.ts';
import { type Comparison, compare, type Difference } from './replay/compare.ts';
import { perform } from './replay/perform.ts';
import { readRecording } from './replay/read-recording.ts';
import { dataFolder, plainLine, type Terminal } from './terminal.ts';
import { localWorkspaces, SILENT } from './workspaces.ts';

const SHOWN_WIDTH = 200;

/** The options of `ptc replay` as the command line has them. */
export interface ReplayOptions {
  readonly repo?: string;
  readonly base?: string;
  readonly server?: string;
  readonly json?: true;
  readonly dataDir?: string;
  readonly unsafeNoIsolation?: true;
}

/**
 * `ptc replay`: a recorded run again, its model answered from the recording. Resolves to the exit code: 0 equal,
 * 1 different.
 */
export async function replay(name: string, options: ReplayOptions, terminal: Terminal): Promise<number> {
  await assertRunner();
  const config = readRunConfig(terminal.env);
  const folder = dataFolder(terminal, options.dataDir ?? config.PTC_DATA_DIR);
  const interrupts = openInterrupts();
  const scratch = await mkdtemp(path.join(tmpdir(), 'ptc-replay-'));
  try {
    const signal = interrupts.first;
    const recording = await readRecording(name, { folder, terminal, server: options.server ?? null, signal });
    const job = await jobAgain(recording, { options, terminal, scratch, signal });
    const workspaces = localWorkspaces(folder, terminal, SILENT);
    const performance = await perform(recording, job, workspaces, signal);
    const comparison = compare(recording, performance, job.runId);
    terminal.out.write(
      options.json === true
        ? `${JSON.stringify({ runId: recording.job.runId, equal: comparison.total === 0, ...comparison })}\n`
        : textOf(recording, comparison),
    );
    return comparison.total === 0 ? EXIT.succeeded : EXIT.failed;
  } finally {
    interrupts.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The recorded job in a workspace of its own, on the recorded commit or on what the options point at. */
async function jobAgain(
  { job }: Recording,
  given: {
    readonly options: ReplayOptions;
    readonly terminal: Terminal;
    readonly scratch: string;
    readonly signal: AbortSignal;
  },
): Promise<RunnerJob> {
  const { options, terminal, scratch, signal } = given;
  const { cloneUrl, baseSha } = job.repository;
  const recorded = cloneUrl?.startsWith('file:') === true ? fileURLToPath(cloneUrl) : cloneUrl;
  const wanted = options.repo ?? recorded;
  // Work that started from nothing starts from nothing again.
  const target =
    wanted === null
      ? { cloneUrl: null, baseSha }
      : await openTarget({
          repository: wanted,
          base: options.base ?? (options.repo === undefined ? baseSha : null),
          callerFolder: terminal.folder,
          fetchInto: path.join(scratch, 'repository.git'),
          signal,
        });
  return {
    ...job,
    runId: `replay-${randomBytes(6).toString('hex')}`,
    repository: { ...job.repository, cloneUrl: target.cloneUrl, baseSha: target.baseSha, needsToken: false },
    isolation: { ...job.isolation, allowNone: job.isolation.allowNone || options.unsafeNoIsolation === true },
  };
}

function textOf({ job, events, modelCalls }: Recording, { differences, total, isWhole }: Comparison): string {
  const extent = isWhole ? '' : ' The recording breaks off; it was compared as far as it goes.';
  const counted = `${events.length} events, ${modelCalls.length} answers of models`;
  if (total === 0) return `The replay of ${job.runId} is equal (${counted}).${extent}\n`;
  const more = total - differences.length;
  return [
    `The replay of ${job.runId} is different in ${total} ${total === 1 ? 'place' : 'places'}${more > 0 ? ', the first of each kind' : ''}:${extent}`,
    ...differences.map(lineOf),
    '',
  ].join('\n');
}

const lineOf = ({ kind, where, recorded, now }: Difference): string =>
  `- ${kind}: ${plainLine(where)}\n    recorded: ${shown(recorded)}\n    now:      ${shown(now)}`;

const shown = (text: string): string => {
  const line = plainLine(text);
  return line.length > SHOWN_WIDTH ? `${line.slice(0, SHOWN_WIDTH)}…` : line;
};
