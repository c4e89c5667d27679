import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { PtcError } from '../domain/errors.ts';
import { ProblemSchema, Run, type Spending } from '../domain/run.ts';
import { spendingOf } from '../domain/spending.ts';
import { RecordedCall, type Recording } from '../protocol/recording.ts';
import { RunnerEvent } from '../protocol/runner-event.ts';
import { RunnerJob } from '../protocol/runner-job.ts';
import { RunnerResult } from '../protocol/runner-result.ts';
import { type JobStore, type StoredRun } from '../run/ports.ts';

/** How a run from a terminal ended. `planned`: only a plan was asked for, and there is one. */
export const RunEnd = z
  .object({
    status: z.enum(['succeeded', 'unproven', 'planned', 'failed', 'cancelled']),
    problem: ProblemSchema.nullable(),
    branch: z.object({ name: z.string(), commitSha: z.string(), pushed: z.boolean() }).readonly().nullable(),
  })
  .readonly();
export type RunEnd = z.infer<typeof RunEnd>;

/** Written once, before anything else happens. */
const Opening = z.object({ run: Run, job: RunnerJob }).readonly();

const State = z
  .object({
    cancelRequestedBy: z.string().nullable(),
    startedAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
    end: RunEnd.nullable(),
  })
  .readonly();
type State = z.infer<typeof State>;

/** What is remembered of one run from a terminal, as files that people can look at. */
export interface RunFolder extends JobStore {
  readonly path: string;
  readonly run: Run;
  readonly job: RunnerJob;
  requestCancel(by: string): Promise<void>;
  finish(end: RunEnd): Promise<void>;
  /** The end, null while there is none. */
  end(): RunEnd | null;
  recording(): Recording;
}

const FILES = {
  opening: 'run.json',
  state: 'state.json',
  events: 'events.ndjson',
  calls: 'model-calls.ndjson',
  result: 'result.json',
} as const;

/** Makes the folder of a new run. Again with the same run it is opened as it stands. */
export async function createRunFolder(folder: string, run: Run, job: RunnerJob): Promise<RunFolder> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (!(await exists(path.join(folder, FILES.opening)))) {
    const state: State = {
      cancelRequestedBy: null,
      startedAt: new Date().toISOString(),
      finishedAt: null,
      end: null,
    };
    await writeWhole(path.join(folder, FILES.state), state);
    await writeWhole(path.join(folder, FILES.opening), { run, job });
  }
  return openRunFolder(folder);
}

/**
 * The folder of a run as it was left, by whatever: half a line at the end of a file was never told to anybody
 * and is taken back.
 * @throws PtcError `run-unknown`, `recording-unreadable`
 */
export async function openRunFolder(folder: string): Promise<RunFolder> {
  if (!(await exists(path.join(folder, FILES.opening)))) throw unknown(folder);
  const at = (name: keyof typeof FILES): string => path.join(folder, FILES[name]);
  const { run, job } = parse(Opening, await readFile(at('opening'), 'utf8'), at('opening'));
  let state = parse(State, await readFile(at('state'), 'utf8'), at('state'));
  const events = await readLines(at('events'), RunnerEvent);
  const calls = await readLines(at('calls'), RecordedCall);
  let result = (await exists(at('result')))
    ? parse(RunnerResult, await readFile(at('result'), 'utf8'), at('result'))
    : null;
  const change = async (to: Partial<State>): Promise<void> => {
    state = { ...state, ...to };
    await writeWhole(at('state'), state);
  };
  return {
    path: folder,
    run,
    job,
    get: async () => toStored(run, state),
    cancelRequestedBy: async () => state.cancelRequestedBy,
    requestCancel: (by) => change({ cancelRequestedBy: state.cancelRequestedBy ?? by }),
    finish: (end) => change({ end, finishedAt: new Date().toISOString() }),
    end: () => state.end,
    events: async (_runId, afterSeq) => events.filter((event) => event.seq > afterSeq),
    appendEvents: async (_runId, received) => {
      const last = events.at(-1)?.seq ?? 0;
      const fresh = received.map(({ event }) => event).filter((event) => event.seq > last);
      await append(at('events'), fresh, false);
      events.push(...fresh);
    },
    // Read again from the start of the file: what is known already is passed over by its number.
    position: async () => ({ seq: events.at(-1)?.seq ?? 0, offset: 0 }),
    modelCalls: async () => calls,
    saveModelCall: async (_runId, call) => {
      if (calls.some((each) => isSame(each, call))) return;
      calls.push(call);
      await append(at('calls'), [call], true);
    },
    spending: async () => bill(calls),
    saveResult: async (_runId, given) => {
      await writeWhole(at('result'), given);
      result = given;
    },
    recording: () => ({ run, job, events, modelCalls: calls, result }),
  };
}

function toStored(run: Run, state: State): StoredRun {
  return {
    run,
    phase: state.end === null ? 'running' : 'finished',
    cancelRequestedBy: state.cancelRequestedBy,
    outcome: null,
    warnings: [],
    commentId: null,
    startedAt: state.startedAt,
    finishedAt: state.finishedAt,
  };
}

const modelOf = ({ reply }: RecordedCall): string => `${reply.provider}:${reply.model}`;

/** A request has one answer, and a refusal of each model asked before. */
const isSame = (one: RecordedCall, other: RecordedCall): boolean =>
  one.requestId === other.requestId &&
  one.reply.stopReason === other.reply.stopReason &&
  (one.reply.stopReason !== 'refusal' || modelOf(one) === modelOf(other));

const bill = (calls: readonly RecordedCall[]): Spending =>
  spendingOf(
    calls.map((call) => {
      const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = call.reply.usage;
      return {
        model: modelOf(call),
        costUsd: call.costUsd,
        inputTokens: inputTokens + cacheReadTokens + cacheWriteTokens,
        outputTokens,
        fellOver: call.passedOver.length > 0,
        escalated: call.escalated,
      };
    }),
  );

/** @param durably also survives the end of the machine: what was paid for */
async function append(file: string, values: readonly unknown[], durably: boolean): Promise<void> {
  if (values.length === 0) return;
  const handle = await open(file, 'a', 0o600);
  try {
    await handle.writeFile(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
    if (durably) await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function readLines<T extends z.ZodType>(file: string, schema: T): Promise<z.infer<T>[]> {
  if (!(await exists(file))) return [];
  await takeBackHalfLine(file);
  const values: z.infer<T>[] = [];
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity }))
    values.push(parse(schema, line, file));
  return values;
}

async function takeBackHalfLine(file: string): Promise<void> {
  const bytes = await readFile(file);
  const end = bytes.lastIndexOf(10) + 1;
  if (end < bytes.length) await truncate(file, end);
}

function parse<T extends z.ZodType>(schema: T, text: string, file: string): z.infer<T> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new PtcError(
      {
        code: 'recording-unreadable',
        message: `${file} is no recording of this release of PTC Bot.`,
        remedy: 'Use the release that wrote it, or run the task again.',
        retryable: false,
      },
      { cause },
    );
  }
}

async function writeWhole(file: string, value: unknown): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

const unknown = (folder: string): PtcError =>
  new PtcError({
    code: 'run-unknown',
    message: `There is no recording in ${folder}.`,
    remedy: 'Name the run by its id or by the folder of its recording.',
    retryable: false,
  });
