import { statfs } from 'node:fs/promises';
import { PtcError } from '../domain/errors.ts';

/** Less than this is left: whatever failed, failed for want of room. */
const NO_ROOM_BYTES = 1024 * 1024;

const diskFull = (cause: unknown): PtcError =>
  new PtcError(
    {
      code: 'disk-full',
      message: 'The disk of the workspace is full.',
      remedy: 'Give the workspace more disk space, then ask for the run again.',
      retryable: false,
    },
    { cause },
  );

export const cancelled = (reason: string): PtcError =>
  new PtcError({
    code: 'cancelled',
    message: `The run was cancelled: ${reason}`,
    remedy: 'Nothing to do; comment `/ptc build` to start again.',
    retryable: false,
  });

export const jobTimedOut = (timeoutMs: number): PtcError =>
  new PtcError({
    code: 'job-timeout',
    message: `The job took longer than the ${Math.round(timeoutMs / 1000)} s it may take.`,
    remedy: 'Split the task, or raise the time limit of a job.',
    retryable: false,
  });

/**
 * The typed error behind whatever ended a job, or null when nobody foresaw it. A full disk is told by the
 * system's error number or by the room left, because git and other programs report it in words only.
 */
export async function foreseenFailure(thrown: unknown, root: string): Promise<PtcError | null> {
  if (isOutOfSpace(thrown)) return diskFull(thrown);
  if (thrown instanceof PtcError && ENDINGS.has(thrown.code)) return thrown;
  const room = await statfs(root).catch(() => null);
  if (room !== null && room.bavail * room.bsize < NO_ROOM_BYTES) return diskFull(thrown);
  return thrown instanceof PtcError ? thrown : null;
}

/** Ends that were decided upon, whatever the disk looks like. */
const ENDINGS: ReadonlySet<string> = new Set(['cancelled', 'job-timeout']);

function isOutOfSpace(thrown: unknown): boolean {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
