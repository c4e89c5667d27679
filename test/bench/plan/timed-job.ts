import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunnerJob } from '../../../src/protocol/runner-job.ts';
import { type SubtaskWorked } from '../../../src/protocol/subtask-worked.ts';
import { jobFor, type ScriptedMailbox, scriptedMailbox } from '../../helpers/scripted-mailbox.ts';
import { type SourceRepository } from '../../helpers/source-repository.ts';
import { inARow, planFor, townScript } from '../../helpers/town.ts';

const RUNNER = path.join(import.meta.dirname, '..', '..', '..', 'dist', 'runner.mjs');
export const MODEL_LATENCY_MS = 2_000;

export interface JobShape {
  readonly shops: readonly string[];
  /** Each waits for the one before. */
  readonly inARow: boolean;
  readonly resume?: RunnerJob['resume'];
}

interface Started {
  readonly mailbox: ScriptedMailbox;
  readonly runner: ChildProcess;
  readonly startedAt: number;
}

async function start(source: SourceRepository, { shops, resume, ...shape }: JobShape): Promise<Started> {
  const job = jobFor({
    cloneUrl: source.url,
    baseSha: source.sha,
    plan: planFor(shops, shape.inARow ? inARow(shops) : {}),
    mode: 'run',
    resume: resume ?? null,
    limits: { parallel: 4, jobTimeoutMs: 300_000 },
  });
  const mailbox = await scriptedMailbox(
    job,
    townScript(shops, () => sleep(MODEL_LATENCY_MS)),
  );
  const startedAt = performance.now();
  const runner = spawn(process.execPath, [RUNNER, mailbox.folder], { stdio: 'inherit' });
  return { mailbox, runner, startedAt };
}

/** A whole job by the bundled runner; milliseconds from its start to its end. */
export async function timeJob(source: SourceRepository, shape: JobShape): Promise<number> {
  const { mailbox, runner, startedAt } = await start(source, shape);
  await once(runner, 'exit');
  const tookMs = performance.now() - startedAt;
  const { status, problem, subtasks } = mailbox.result();
  await mailbox.remove();
  if (status !== 'done' || subtasks.some(({ state }) => state !== 'done'))
    throw new Error(`the job was not done: ${problem?.message ?? status}`);
  return tookMs;
}

/** A job whose runner is killed as soon as so many subtasks are worked out; what is known of it then. */
export async function killAfter(
  source: SourceRepository,
  shape: JobShape,
  count: number,
): Promise<RunnerJob['resume']> {
  const { mailbox, runner } = await start(source, shape);
  const worked: SubtaskWorked[] = [];
  await mailbox.seen((event) => {
    if (event.type !== 'subtask.worked' || worked.some(({ subtask }) => subtask === event.subtask))
      return false;
    return worked.push(event) === count;
  });
  runner.kill('SIGKILL');
  await once(runner, 'exit');
  const firstSeq = (mailbox.events().at(-1)?.seq ?? 0) + 1;
  await mailbox.remove();
  return { life: 1, firstSeq, worked };
}
