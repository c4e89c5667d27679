import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Sandbox } from '@daytonaio/sdk';
import { PtcError } from '../../domain/errors.ts';
import { type Run } from '../../domain/run.ts';
import { fullName } from '../../domain/trigger.ts';
import { type SandboxAccess } from './access.ts';
import { DaytonaCallError } from './call.ts';
import { explainRefusal } from './refusal.ts';
import { AUTO_DELETE_MIN, AUTO_STOP_MIN, type Patience } from './settings.ts';

const OWNER_LABEL = 'ptc-owner';
const RUN_LABEL = 'ptc-run';
const FIRST_LOOK_MS = 20;
const MOST_PAUSE_MS = 1_000;
/** On its way to being started. */
const COMING = new Set([
  'creating',
  'starting',
  'restoring',
  'resuming',
  'pending_build',
  'building_snapshot',
  'pulling_snapshot',
  'unknown',
]);
const GOING = new Set(['destroying', 'destroyed']);

/** What Daytona calls our workspaces. A run has one name, and a name one sandbox: so there is never a second. */
const nameOf = (owner: string, runId: string): string =>
  `ptc-${createHash('sha256').update(`${owner}\n${runId}`).digest('hex').slice(0, 32)}`;

/** The run’s sandbox in whatever state, null without one. */
export async function findSandbox(
  access: SandboxAccess,
  runId: string,
  signal: AbortSignal,
): Promise<Sandbox | null> {
  const found = await getSandbox(access, nameOf(access.settings.owner, runId), signal);
  const isOurs = found?.labels[OWNER_LABEL] === access.settings.owner && found.labels[RUN_LABEL] === runId;
  return isOurs ? found : null;
}

async function getSandbox(
  { daytona, call }: SandboxAccess,
  idOrName: string,
  signal: AbortSignal,
): Promise<Sandbox | null> {
  try {
    return await call(() => daytona.get(idOrName), { what: 'look for a workspace', signal });
  } catch (error) {
    if (error instanceof DaytonaCallError && error.failure.status === 404) return null;
    throw error;
  }
}

export const isStarted = ({ state }: Sandbox): boolean => state === 'started';

/**
 * The run’s sandbox, started: adopted when there is one, else created. One that failed or was stopped is removed
 * and made anew; nothing has run in it that anybody has heard of. Rejects with `snapshot-missing`,
 * `snapshot-building`, `snapshot-broken`, `region-unknown`, `workspace-quota`, `workspace-create-timeout`,
 * `workspace-create-failed` or as calls do.
 */
export async function ensureSandbox(access: SandboxAccess, run: Run, signal: AbortSignal): Promise<Sandbox> {
  const found = await findSandbox(access, run.id, signal);
  if (found !== null && (isStarted(found) || COMING.has(found.state ?? ''))) {
    return untilStarted(access, found, signal);
  }
  if (found !== null) await removeSandbox(access, run.id, signal);
  return createSandbox(access, run, signal);
}

async function createSandbox(access: SandboxAccess, run: Run, signal: AbortSignal): Promise<Sandbox> {
  const { daytona, settings, patience, call } = access;
  const { snapshot, owner, domains, networks } = settings;
  const params = {
    name: nameOf(owner, run.id),
    snapshot,
    labels: {
      [OWNER_LABEL]: owner,
      [RUN_LABEL]: run.id,
      'ptc-repository': run.repository === null ? '' : fullName(run.repository),
      'ptc-issue': run.subject === null ? '' : String(run.subject.number),
    },
    autoStopInterval: AUTO_STOP_MIN,
    autoDeleteInterval: AUTO_DELETE_MIN,
    ...(domains === null ? {} : { domainAllowList: [...hostOf(run), ...domains].join(',') }),
    ...(networks === null ? {} : { networkAllowList: networks.join(',') }),
  };
  try {
    const timeout = patience.createMs / 1000;
    return await call(() => daytona.create(params, { timeout }), {
      what: 'create a workspace',
      signal,
      timeoutMs: patience.createMs,
      tries: 1,
    });
  } catch (error) {
    if (!(error instanceof DaytonaCallError)) throw error;
    // There it is after all, perhaps by an attempt of ours whose answer was lost.
    const made = await findSandbox(access, run.id, signal);
    if (made !== null && isStarted(made)) return made;
    if (made !== null && COMING.has(made.state ?? '')) throw tooSlow(patience, error);
    if (made !== null) throw createFailed(made, error);
    throw await explainRefusal(access, error, signal);
  }
}

async function untilStarted(access: SandboxAccess, sandbox: Sandbox, signal: AbortSignal): Promise<Sandbox> {
  const { patience, call } = access;
  if (isStarted(sandbox)) return sandbox;
  try {
    await call(() => sandbox.waitUntilStarted(patience.createMs / 1000), {
      what: 'wait for a workspace',
      signal,
      timeoutMs: patience.createMs,
      tries: 1,
    });
    return sandbox;
  } catch (error) {
    if (!(error instanceof DaytonaCallError)) throw error;
    throw COMING.has(sandbox.state ?? '') ? tooSlow(patience, error) : createFailed(sandbox, error);
  }
}

/**
 * Deletes what there is of the run, in whatever state, and waits until it is gone; absent is fine. Rejects with
 * `workspace-not-removed`.
 */
export async function removeSandbox(
  access: SandboxAccess,
  runId: string,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + access.patience.removeMs;
  const options = { what: 'delete a workspace', signal };
  for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(pauseMs * 2, MOST_PAUSE_MS)) {
    const left = await ofRun(access, runId, signal);
    if (left.length === 0) return;
    if (performance.now() > deadline) throw notRemoved(runId, left[0]?.state ?? 'unknown');
    for (const sandbox of left.filter(({ state }) => !GOING.has(state ?? ''))) {
      await access.call(() => sandbox.delete(access.patience.callMs / 1000), options).catch(isOnItsWay);
    }
    await sleep(pauseMs, undefined, { signal });
  }
}

/** By name, and by label, which finds what no name leads to; a list may be behind, so each of it is asked for. */
async function ofRun(access: SandboxAccess, runId: string, signal: AbortSignal): Promise<readonly Sandbox[]> {
  const named = await findSandbox(access, runId, signal);
  if (named !== null) return named.state === 'destroyed' ? [] : [named];
  const listed = await listSandboxes(access, { [RUN_LABEL]: runId }, signal);
  const labelled = await Promise.all(listed.map(({ id }) => getSandbox(access, id, signal)));
  return labelled.flatMap((each) => (each === null || GOING.has(each.state ?? '') ? [] : [each]));
}

/** In the middle of a change Daytona refuses another one, and of what is gone it knows nothing: both pass. */
function isOnItsWay(error: unknown): void {
  if (error instanceof DaytonaCallError && [404, 409].includes(error.failure.status ?? 0)) return;
  throw error;
}

/** Run ids of all our sandboxes that are not on their way out. */
export async function listRuns(access: SandboxAccess, signal: AbortSignal): Promise<readonly string[]> {
  const all = await listSandboxes(access, {}, signal);
  const ids = all
    .filter(({ state }) => !GOING.has(state ?? ''))
    .flatMap(({ labels }) => labels[RUN_LABEL] ?? []);
  return [...new Set(ids)];
}

async function listSandboxes(
  { daytona, settings, call }: SandboxAccess,
  labels: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<readonly Sandbox[]> {
  const list = (): Promise<Sandbox[]> =>
    Array.fromAsync(daytona.list({ labels: { ...labels, [OWNER_LABEL]: settings.owner } }));
  return call(list, { what: 'list workspaces', signal });
}

/** The git host, which a run on a repository has to reach. */
const hostOf = ({ repository }: Run): readonly string[] =>
  repository === null ? [] : [new URL(repository.cloneUrl).hostname];

const tooSlow = ({ createMs }: Patience, cause: unknown): PtcError =>
  new PtcError(
    {
      code: 'workspace-create-timeout',
      message: `Daytona did not start the workspace within ${createMs / 1000} seconds.`,
      remedy: 'Look at Daytona’s status page and at the snapshot, then comment `/ptc build` again.',
      retryable: true,
    },
    { cause },
  );

const createFailed = ({ state }: Sandbox, cause: DaytonaCallError): PtcError =>
  new PtcError(
    {
      code: 'workspace-create-failed',
      message: `Daytona could not start the workspace, which is now ${state}: ${cause.failure.said}`,
      remedy: 'Comment `/ptc build` again; look at the snapshot in Daytona’s dashboard if it comes back.',
      retryable: true,
    },
    { cause },
  );

const notRemoved = (runId: string, state: string): PtcError =>
  new PtcError({
    code: 'workspace-not-removed',
    message: `The workspace of ${runId} could not be removed: Daytona says that it is ${state}.`,
    remedy: 'It is tried again when PTC Bot starts, and Daytona deletes it by itself after a while.',
    retryable: true,
  });
