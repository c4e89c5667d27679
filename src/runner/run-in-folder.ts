import { readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { type Problem, PtcError, toProblem } from '../domain/errors.ts';
import { RunnerJob } from '../protocol/runner-job.ts';
import { type RunnerResult } from '../protocol/runner-result.ts';
import { PROTOCOL_VERSION } from '../protocol/version.ts';
import { type Change, NO_CHANGE, readChange } from './change.ts';
import { type Emit, openEventLog } from './events.ts';
import { cancelled, foreseenFailure, jobTimedOut } from './failure.ts';
import { openInbox } from './inbox.ts';
import { runJob } from './job.ts';
import { modelByMailbox } from './model-by-mailbox.ts';
import { noProgress, type Progress } from './progress.ts';
import { type JobSetup } from './session.ts';
import { type WorkTree } from './work-tree.ts';
import { type WorkspaceFolder, workspaceFolder } from './workspace-folder.ts';

/** What a job that was ended may still take to gather what it has done. */
const GATHER_TIMEOUT_MS = 60_000;

/** Who asks for the job and answers its questions. */
export interface Counterpart extends Pick<JobSetup, 'inbox' | 'ask' | 'emit'> {
  readonly close: () => void;
}

export interface Surroundings {
  readonly folder: WorkspaceFolder;
  readonly stop: AbortController;
  readonly emit: Emit;
}

export type Connect = (job: RunnerJob, surroundings: Surroundings) => Counterpart;

/**
 * Does the job of a workspace folder, once: reads `job.json`, says what happens in `events.ndjson`, and ends
 * with `result.json` and the event `runner.finished`, whatever happened. Resolves to that result.
 *
 * @param stop ends the job from outside; its reason becomes the problem of the result, `internal` if it is no PtcError
 * @param connect how to reach whoever wants the job; by the folder's own mailbox unless told otherwise
 * @throws PtcError `already-started`, and the system's error when not even the result can be written
 */
export async function runInFolder(
  path: string,
  stop: AbortController,
  connect: Connect = byMailbox,
): Promise<RunnerResult> {
  const folder = workspaceFolder(realpathSync(path));
  const log = openEventLog(folder, ClaimedJob.safeParse(readJson(folder.job)).data?.resume?.firstSeq ?? 1);
  const result = await resultOf({ folder, stop, emit: log.emit }, connect);
  writeResult(folder, result);
  log.emit({ type: 'runner.finished' });
  log.close();
  return result;
}

const byMailbox: Connect = (job, { folder, stop, emit }) => {
  const inbox = openInbox(
    folder.inbox,
    (reason) => stop.abort(cancelled(reason)),
    (name) => emit({ type: 'note', text: `The inbox file ${name} is no message; it was skipped.` }),
    (error) => stop.abort(error),
  );
  return { inbox, ask: modelByMailbox(emit, inbox, job.resume?.life ?? 0), emit, close: () => inbox.close() };
};

async function resultOf(surroundings: Surroundings, connect: Connect): Promise<RunnerResult> {
  const { folder, emit } = surroundings;
  const progress = noProgress();
  const raw = readJson(folder.job);
  const claimed = ClaimedJob.safeParse(raw).data;
  const problem = await problemOf(() => startJob(parseJob(raw), surroundings, { connect, progress }));
  if (problem?.code === 'disk-full') await makeRoom(folder, progress.work);
  const change = await changeSoFar(progress, emit);
  return {
    protocolVersion: PROTOCOL_VERSION,
    runId: claimed?.runId ?? '',
    status: problem === null ? 'done' : problem.code === 'cancelled' ? 'cancelled' : 'failed',
    problem,
    baseSha: claimed?.repository?.baseSha ?? '',
    summary: progress.summary,
    files: change.files,
    diff: change.diff,
    proof: progress.proof,
    plan: progress.plan,
    subtasks: progress.subtasks,
    verification: progress.verification,
  };

  async function problemOf(work: () => Promise<void>): Promise<Problem | null> {
    try {
      await work();
      emit({ type: 'phase', phase: 'finishing' });
      return null;
    } catch (error) {
      return toProblem((await foreseenFailure(error, folder.root)) ?? error);
    }
  }
}

interface Start {
  readonly connect: Connect;
  readonly progress: Progress;
}

async function startJob(
  job: RunnerJob,
  surroundings: Surroundings,
  { connect, progress }: Start,
): Promise<void> {
  const { folder, stop } = surroundings;
  const { jobTimeoutMs } = job.limits;
  const timer = setTimeout(() => stop.abort(jobTimedOut(jobTimeoutMs)), jobTimeoutMs);
  const { inbox, ask, emit, close } = connect(job, surroundings);
  try {
    await runJob({ job, folder, inbox, ask, emit, signal: stop.signal }, progress);
  } finally {
    clearTimeout(timer);
    close();
  }
}

/** What can be told of a job that is not valid. */
const ClaimedJob = z.object({
  protocolVersion: z.unknown().optional(),
  runId: z.string().optional(),
  repository: z.object({ baseSha: z.string().optional() }).optional(),
  resume: z.object({ firstSeq: z.number().int().positive() }).nullish(),
});

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

function parseJob(raw: unknown): RunnerJob {
  const version = ClaimedJob.safeParse(raw).data?.protocolVersion;
  if (version !== undefined && version !== PROTOCOL_VERSION) throw otherVersion(version);
  const parsed = RunnerJob.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new PtcError({
    code: 'job-invalid',
    message: `job.json is no job: ${z.prettifyError(parsed.error)}`,
    remedy: 'Report it as a bug with the run id.',
    retryable: false,
  });
}

const otherVersion = (version: unknown): PtcError =>
  new PtcError({
    code: 'protocol-mismatch',
    message: `The job speaks version ${JSON.stringify(version)} of the protocol, this runner version ${PROTOCOL_VERSION}.`,
    remedy: 'Use a runner and a PTC Bot server of the same release.',
    retryable: false,
  });

/** The change of a job that ended early too: work is never thrown away. */
async function changeSoFar({ repository, work, head, change }: Progress, emit: Emit): Promise<Change> {
  if (change !== null) return change;
  const latest = work ?? head;
  if (repository === null || latest === null) return NO_CHANGE;
  const signal = AbortSignal.timeout(GATHER_TIMEOUT_MS);
  try {
    const tree =
      typeof latest === 'string' ? await repository.treeOf(latest, signal) : await latest.snapshot(signal);
    return await readChange(repository, tree, signal);
  } catch (error) {
    const { message } = toProblem(error);
    emit({ type: 'note', text: `The change made so far could not be gathered: ${message}` });
    return NO_CHANGE;
  }
}

/** Removes what can be made again, so that the change and the result have room. */
async function makeRoom(folder: WorkspaceFolder, work: WorkTree | null): Promise<void> {
  const trees = await readdir(folder.trees).catch(() => []);
  const spare = trees.filter((name) => name !== 'work').map((name) => join(folder.trees, name));
  for (const path of [...spare, join(folder.root, 'cache')])
    await rm(path, { recursive: true, force: true }).catch(() => {});
  await work?.removeByProducts(AbortSignal.timeout(GATHER_TIMEOUT_MS)).catch(() => {});
}

function writeResult(folder: WorkspaceFolder, result: RunnerResult): void {
  const temporary = `${folder.result}.new`;
  writeFileSync(temporary, JSON.stringify(result));
  renameSync(temporary, folder.result);
}
