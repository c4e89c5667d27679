import { setTimeout as sleep } from 'node:timers/promises';
import { type Problem, PtcError, toProblem } from '../../domain/errors.ts';
import { codeSpan } from '../../domain/report/text.ts';
import { type Run } from '../../domain/run.ts';
import { NOTHING_HEARD, type StandaloneState, WorkspaceNews } from '../../domain/workspace-news.ts';
import { throwIfCancelled } from '../cancellation.ts';
import { type Ports, type Workspace } from '../ports.ts';
import { keepCommentInStep } from './progress.ts';
import { type StandaloneTerms } from './start-standalone.ts';

const POLL_MS = 1_000;
/** Between two looks whether the workspace lives. */
const LOOK_MS = 15_000;
/** What the workspace said last, in its folder: the webhook that says it may be lost. */
const END_FILE = 'end.json';
const MAX_END_BYTES = 256 * 1024;
const MAX_STEPS = 12;
/** With these the run is over, whatever the workspace would still do. */
const ENDINGS: ReadonlySet<string> = new Set(['cancelled', 'standalone-timeout', 'workspace-died']);

/**
 * Waits until the workspace has told of its end, which then stands in its stored state. Resolves to why it is given
 * up before that: cancelled, out of time, or dead without a word; it is removed then, so that nothing comes of it
 * any more. Started again after a crash it finds in the store what was told meanwhile.
 */
export async function awaitStandalone(
  ports: Ports,
  run: Run,
  { deadline }: StandaloneTerms,
): Promise<Problem | null> {
  await ports.store.enterPhase(run.id, 'running');
  let latest = NOTHING_HEARD;
  const stopTelling = keepCommentInStep(ports, run, () => stepsOf(latest));
  try {
    await untilEnd(ports, run, Date.parse(deadline), (state) => {
      latest = state;
    });
    return null;
  } catch (thrown) {
    const problem = toProblem(thrown);
    if (ports.stopping.aborted || !ENDINGS.has(problem.code)) throw thrown;
    await ports.workspaces.remove(run.id);
    return problem;
  } finally {
    await stopTelling();
  }
}

async function untilEnd(
  ports: Ports,
  run: Run,
  deadline: number,
  saw: (state: StandaloneState) => void,
): Promise<void> {
  const workspace = await ports.workspaces.find(run.id);
  for (let nextLook = 0; ; await sleep(POLL_MS, undefined, { signal: ports.stopping })) {
    const state = await take(ports, run);
    saw(state);
    if (state.end !== null) return;
    await throwIfCancelled(ports.store, run.id);
    if (performance.now() >= nextLook) {
      nextLook = performance.now() + LOOK_MS;
      if (workspace === null || !(await isAtWork(workspace))) {
        await readEnd(ports, run, workspace);
        if ((await take(ports, run)).end !== null) return;
        throw died();
      }
    }
    if (Date.now() > deadline) throw timedOut();
  }
}

/** What was told of the run so far; what is new of it becomes events of the run. */
async function take(ports: Ports, run: Run): Promise<StandaloneState> {
  const state = (await ports.standaloneRuns.state(run.id)) ?? NOTHING_HEARD;
  const { seq } = await ports.store.position(run.id);
  const at = new Date().toISOString();
  const received = state.messages.slice(seq).map((text, index) => ({
    event: { seq: seq + index + 1, at, type: 'note' as const, text },
    position: { seq: seq + index + 1, offset: 0 },
  }));
  if (received.length > 0) await ports.store.appendEvents(run.id, received);
  return state;
}

async function isAtWork(workspace: Workspace): Promise<boolean> {
  try {
    return (await workspace.runnerState()) === 'running';
  } catch (thrown) {
    if (toProblem(thrown).code !== 'workspace-lost') throw thrown;
    return false;
  }
}

/** What is there of a workspace that has ended, as if its webhook had come. A word from a workspace, as that one. */
async function readEnd(ports: Ports, run: Run, workspace: Workspace | null): Promise<void> {
  try {
    const bytes = (await workspace?.read(END_FILE, MAX_END_BYTES)) ?? null;
    if (bytes === null) return;
    const news = WorkspaceNews.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    if (news.taskId === run.id) await ports.standaloneRuns.hear(run.id, news);
  } catch (thrown) {
    const problem = toProblem(thrown);
    if (problem.retryable) throw thrown;
    ports.log.warn({ runId: run.id, problem }, 'the end of a workspace could not be read');
  }
}

const stepsOf = ({ messages }: StandaloneState): readonly string[] =>
  messages
    .map((message, index) => `${index < messages.length - 1 ? '✅' : '⏳'} ${codeSpan(message)}`)
    .slice(-MAX_STEPS);

const died = (): PtcError =>
  new PtcError({
    code: 'workspace-died',
    message: 'The workspace, which stood alone, ended without saying how.',
    remedy: 'Comment `/ptc build` to start again; look at the memory of workspaces if it comes back.',
    retryable: false,
  });

const timedOut = (): PtcError =>
  new PtcError({
    code: 'standalone-timeout',
    message: 'The workspace, which stood alone, did not end in its time, and was removed.',
    remedy: 'Split the task, or let the operator raise PTC_JOB_TIMEOUT_S; then comment `/ptc build` again.',
    retryable: false,
  });
