import { PtcError } from '../../domain/errors.ts';
import { type SandboxAccess } from './access.ts';
import { DaytonaCallError } from './call.ts';

const NEW_SNAPSHOT =
  'The operator has to run `ptc template create` and set PTC_DAYTONA_SNAPSHOT to the name it prints.';

/**
 * Why no workspace was created. Daytona answers 400 to a missing snapshot, a building one and much else, and 403
 * to a used-up quota: which it was is found out by asking for the snapshot, not by reading its words.
 */
export async function explainRefusal(
  access: SandboxAccess,
  refused: DaytonaCallError,
  signal: AbortSignal,
): Promise<PtcError> {
  const { status } = refused.failure;
  if (status === 403 || status === 429) return quota(refused);
  if (status === null || status === 401 || status >= 500) return refused;
  const { daytona, settings, call } = access;
  const name = settings.snapshot;
  try {
    const { state } = await call(() => daytona.snapshot.get(name), { what: 'look for a snapshot', signal });
    if (state === 'active') return status === 404 ? regionUnknown(settings.target, refused) : refused;
    if (state === 'error' || state === 'build_failed') return broken(name, refused);
    // One that nobody used for a while is put to sleep.
    if (state === 'inactive') {
      await call(() => daytona.snapshot.activate(name), { what: 'wake a snapshot', signal });
    }
    return building(name, refused);
  } catch (error) {
    if (error instanceof DaytonaCallError && error.failure.status === 404) return missing(name, refused);
    throw error;
  }
}

const quota = (cause: DaytonaCallError): PtcError =>
  new PtcError(
    {
      code: 'workspace-quota',
      message: `Daytona gives us no further workspace for now: ${cause.failure.said}`,
      remedy:
        'Comment `/ptc build` again later. The operator can lower PTC_MAX_RUNS, raise the quota, or look whether the key may create sandboxes.',
      retryable: true,
    },
    { cause },
  );

const missing = (name: string, cause: unknown): PtcError =>
  new PtcError(
    {
      code: 'snapshot-missing',
      message: `Daytona has no snapshot called ${name}.`,
      remedy: NEW_SNAPSHOT,
      retryable: false,
    },
    { cause },
  );

const building = (name: string, cause: unknown): PtcError =>
  new PtcError(
    {
      code: 'snapshot-building',
      message: `The snapshot ${name} is still being built.`,
      remedy: 'Comment `/ptc build` again in some minutes.',
      retryable: true,
    },
    { cause },
  );

const broken = (name: string, cause: unknown): PtcError =>
  new PtcError(
    {
      code: 'snapshot-broken',
      message: `The snapshot ${name} could not be built.`,
      remedy: NEW_SNAPSHOT,
      retryable: false,
    },
    { cause },
  );

const regionUnknown = (target: string | null, cause: unknown): PtcError =>
  new PtcError(
    {
      code: 'region-unknown',
      message: `Daytona knows no region ${target ?? 'for this account'}, or has no such snapshot there.`,
      remedy: 'The operator has to set DAYTONA_TARGET to a region of the account.',
      retryable: false,
    },
    { cause },
  );
