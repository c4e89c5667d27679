import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { PtcError } from '../domain/errors.ts';
import { type RunnerEvent } from '../protocol/runner-event.ts';
import { type WorkspaceFolder } from './workspace-folder.ts';

/** A line with its newline is never longer. */
const MAX_LINE_BYTES = 1_000_000;

type Unnumbered<E> = E extends RunnerEvent ? Omit<E, 'seq' | 'at'> : never;
/** An event as its author writes it; number and time are added. */
export type EventBody = Unnumbered<RunnerEvent>;

export type Emit = (body: EventBody) => void;

export interface EventLog {
  /** Appended when it returns. Throws the system's error when the line cannot be written whole. */
  readonly emit: Emit;
  close(): void;
}

/**
 * The job's `events.ndjson`, made anew: that file is also the mark that the job has been started.
 * @param firstSeq number of its first event: more than 1 when another workspace of the run was lost
 * @throws PtcError `already-started`; then nothing has been touched.
 */
export function openEventLog(folder: WorkspaceFolder, firstSeq: number): EventLog {
  const file = createLog(folder.events);
  let seq = firstSeq - 1;
  let sizeBytes = 0;

  const append = (line: Buffer): void => {
    try {
      fs.writeFileSync(file, line);
      sizeBytes += line.length;
    } catch (error) {
      // Half a line must not stand before the next one. Readers have not taken it: it has no newline.
      fs.ftruncateSync(file, sizeBytes);
      throw error;
    }
  };

  return {
    emit(body) {
      const numbered = { seq: seq + 1, at: new Date().toISOString(), ...body };
      const line = Buffer.from(`${JSON.stringify(numbered)}\n`);
      append(line.length > MAX_LINE_BYTES ? blobLine(folder, seq + 1, line) : line);
      seq += 1;
    },
    close: () => fs.closeSync(file),
  };
}

function createLog(path: string): number {
  try {
    return fs.openSync(
      path,
      fs.constants.O_WRONLY | fs.constants.O_APPEND | fs.constants.O_CREAT | fs.constants.O_EXCL,
      0o644,
    );
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    throw new PtcError({
      code: 'already-started',
      message: 'A runner has been started in this workspace before.',
      remedy: 'Follow the events of that one, or start the job in a fresh workspace.',
      retryable: false,
    });
  }
}

/** Stores the event beside the log, whole before it is spoken of. */
function blobLine(folder: WorkspaceFolder, seq: number, line: Buffer): Buffer {
  const blob = createHash('sha256').update(line).digest('hex');
  fs.mkdirSync(folder.blobs, { recursive: true });
  const temporary = join(folder.blobs, `.${blob}`);
  fs.writeFileSync(temporary, line);
  fs.renameSync(temporary, join(folder.blobs, blob));
  return Buffer.from(`${JSON.stringify({ seq, blob })}\n`);
}
