import { setTimeout as sleep } from 'node:timers/promises';
import { type Daytona, type Sandbox } from '@daytonaio/sdk';
import { PtcError } from '../../domain/errors.ts';
import { type Call, createCall, DaytonaCallError } from './call.ts';
import { type DaytonaSettings, PATIENCE } from './settings.ts';
import { createShell } from './shell.ts';
import { hasSameRunner, parseManifest, readRunner, TEMPLATE_FOLDER } from './template.ts';

export interface SnapshotDraft {
  readonly name: string;
  /** Built at Daytona from the file and what it copies from beside it, or taken from a registry. */
  readonly image: { readonly dockerfile: string } | { readonly reference: string };
  /** Processors, and GiB of memory and disk. */
  readonly resources: { readonly cpu: number; readonly memory: number; readonly disk: number };
}

/** Snapshots of a Daytona account. Everything rejects with PtcError as calls do, besides what is said. */
export interface Snapshots {
  /**
   * Resolves when the snapshot is active; one that is broken is made anew. Rejects with `snapshot-broken`,
   * `snapshot-timeout`.
   */
  ensure(draft: SnapshotDraft, onLog: (line: string) => void): Promise<'created' | 'woken' | 'there'>;
  /**
   * Starts a workspace from the snapshot, looks at what it is made of, and deletes it. Rejects with
   * `snapshot-missing`, `snapshot-inactive`, `snapshot-foreign`, `protocol-mismatch`.
   */
  verify(name: string, runnerFile: string): Promise<{ readonly hasThisRunner: boolean }>;
}

export interface SnapshotSettings extends Pick<DaytonaSettings, 'apiKey' | 'apiUrl' | 'target' | 'signal'> {
  readonly patience?: Partial<SnapshotPatience>;
}

interface SnapshotPatience {
  readonly callMs: number;
  readonly retryMs: number;
  /** For an image to be built. */
  readonly buildMs: number;
  /** Between two looks at one that is being built. */
  readonly lookMs: number;
}

const BUILD_PATIENCE = { buildMs: 45 * 60_000, lookMs: 2_000 };
const BROKEN: ReadonlySet<string> = new Set(['error', 'build_failed']);
/** A workspace that a verification left behind is gone after so many minutes. */
const VERIFY_MINUTES = 5;

interface Access {
  readonly daytona: Daytona;
  readonly call: Call;
  readonly signal: AbortSignal;
  readonly patience: SnapshotPatience;
}

/** The SDK is loaded here and not before: it costs a quarter of a second and 50 MB. */
export async function openSnapshots(settings: SnapshotSettings): Promise<Snapshots> {
  const { Daytona, Image } = await import('@daytonaio/sdk');
  const { apiKey, apiUrl, target, signal } = settings;
  const patience = { ...PATIENCE, ...BUILD_PATIENCE, ...settings.patience };
  const daytona = new Daytona({
    apiKey,
    apiUrl,
    ...(target === null ? {} : { target }),
    requestTimeoutMs: patience.callMs,
    // The other way opens a socket in the constructor that keeps the process alive.
    useDeprecatedPolling: true,
  });
  const access: Access = { daytona, call: createCall(patience), signal, patience };

  const build = (
    { name, image, resources }: SnapshotDraft,
    onLogs: (line: string) => void,
  ): Promise<unknown> => {
    const source =
      'reference' in image
        ? image.reference
        : Image.fromDockerfile(image.dockerfile, { strictContext: true });
    const timeout = patience.buildMs / 1000;
    const body = () => daytona.snapshot.create({ name, image: source, resources }, { onLogs, timeout });
    const options = { what: 'build a snapshot', signal, timeoutMs: patience.buildMs, tries: 1 };
    return access.call(body, options);
  };

  return {
    async ensure(draft, onLog) {
      const { name } = draft;
      const before = await stateOf(access, name);
      if (before === 'active') return 'there';
      if (before === 'inactive') {
        await access.call(() => daytona.snapshot.activate(name), { what: 'wake a snapshot', signal });
        await untilActive(access, name);
        return 'woken';
      }
      if (before !== null && BROKEN.has(before)) await remove(access, name);
      if (before === null || BROKEN.has(before)) {
        await build(draft, onLog).catch(async (error: unknown) => {
          // There it is after all, perhaps by an attempt whose answer was lost.
          if ((await stateOf(access, name)) === null) throw error;
        });
      }
      await untilActive(access, name);
      return 'created';
    },
    async verify(name, runnerFile) {
      const state = await stateOf(access, name);
      if (state === null) throw missing(name);
      if (state !== 'active') throw inactive(name, state);
      const manifest = parseManifest(await readManifest(access, name));
      if (manifest === null) throw foreign(name);
      return { hasThisRunner: hasSameRunner(manifest, await readRunner(runnerFile)) };
    },
  };
}

/** Null when there is none of that name. */
async function stateOf({ daytona, call, signal }: Access, name: string): Promise<string | null> {
  try {
    return (await call(() => daytona.snapshot.get(name), { what: 'look for a snapshot', signal })).state;
  } catch (error) {
    if (error instanceof DaytonaCallError && error.failure.status === 404) return null;
    throw error;
  }
}

async function untilActive(access: Access, name: string): Promise<void> {
  const { signal, patience } = access;
  const deadline = performance.now() + patience.buildMs;
  for (;;) {
    const state = await stateOf(access, name);
    if (state === 'active') return;
    if (state === null || BROKEN.has(state)) throw broken(name);
    if (performance.now() > deadline) throw tooSlow(name, state);
    await sleep(patience.lookMs, undefined, { signal });
  }
}

/** Until its name can be used again. */
async function remove(access: Access, name: string): Promise<void> {
  const { daytona, call, signal, patience } = access;
  await call(() => daytona.snapshot.delete(name), { what: 'delete a snapshot', signal });
  const deadline = performance.now() + patience.buildMs;
  for (let state = await stateOf(access, name); state !== null; state = await stateOf(access, name)) {
    if (performance.now() > deadline) throw tooSlow(name, state);
    await sleep(patience.lookMs, undefined, { signal });
  }
}

async function readManifest({ daytona, call, signal }: Access, snapshot: string): Promise<string> {
  const params = {
    snapshot,
    labels: { 'ptc-verify': snapshot },
    autoStopInterval: VERIFY_MINUTES,
    autoDeleteInterval: 0,
  };
  const timeoutMs = PATIENCE.createMs;
  const create = (): Promise<Sandbox> => daytona.create(params, { timeout: timeoutMs / 1000 });
  const sandbox = await call(create, { what: 'create a workspace', signal, timeoutMs, tries: 1 });
  try {
    const { output } = await createShell(sandbox, call)(
      'look at a workspace',
      `cat ${TEMPLATE_FOLDER}/template.json`,
      [],
      signal,
    );
    return output;
  } finally {
    await call(() => sandbox.delete(), { what: 'delete a workspace', signal });
  }
}

const MAKE_ONE = 'Run `ptc template create` and set PTC_DAYTONA_SNAPSHOT to the name it prints.';

const missing = (name: string): PtcError =>
  new PtcError({
    code: 'snapshot-missing',
    message: `Daytona has no snapshot called ${name}.`,
    remedy: MAKE_ONE,
    retryable: false,
  });

const inactive = (name: string, state: string): PtcError =>
  new PtcError({
    code: 'snapshot-inactive',
    message: `The snapshot ${name} is not active: Daytona says that it is ${state}.`,
    remedy: BROKEN.has(state) || state === 'inactive' ? MAKE_ONE : 'Wait until it is built, then look again.',
    retryable: !BROKEN.has(state),
  });

const foreign = (name: string): PtcError =>
  new PtcError({
    code: 'snapshot-foreign',
    message: `The snapshot ${name} was not made from PTC Bot’s template: it has no ${TEMPLATE_FOLDER}/template.json.`,
    remedy: MAKE_ONE,
    retryable: false,
  });

const broken = (name: string): PtcError =>
  new PtcError({
    code: 'snapshot-broken',
    message: `The snapshot ${name} could not be built.`,
    remedy: 'Read the log above, and Daytona’s dashboard; then run `ptc template create` again.',
    retryable: false,
  });

const tooSlow = (name: string, state: string): PtcError =>
  new PtcError({
    code: 'snapshot-timeout',
    message: `The snapshot ${name} is still ${state}.`,
    remedy: 'Run `ptc template create` again: it goes on waiting for the same one.',
    retryable: true,
  });
