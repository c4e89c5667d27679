import { PtcError } from '../domain/errors.ts';
import { type InboxMessage } from '../protocol/inbox-message.ts';
import { type RunnerEvent } from '../protocol/runner-event.ts';
import { RunnerResult } from '../protocol/runner-result.ts';
import { type FollowPosition, type Mailbox, type ReceivedEvent, type Workspace } from '../run/ports.ts';
import {
  cutLines,
  firstIssue,
  mailboxInvalid,
  parseBlob,
  parseJson,
  parseLine,
  refuseOtherVersion,
} from './event-lines.ts';
import { createInboxNames } from './inbox-names.ts';
import { runnerLogTail } from './runner-log.ts';

const EVENTS_FILE = 'events.ndjson';
const RESULT_FILE = 'result.json';
const MAX_BLOB_BYTES = 64 * 1024 * 1024;
const MAX_RESULT_BYTES = 64 * 1024 * 1024;
/** Lines and blobs together, of one run: what a runner says is stored, so it may not say without end. */
const MAX_SAID_BYTES = 1024 * 1024 * 1024;
/** A read that gave so much may have been cut: what is there already is read before anything is waited for. */
const LONG_READ_BYTES = 1024 * 1024;
/** So long, and so often again while more comes, events wait for those that follow them. */
const HOLD_MS = 20;
const MAX_HOLDS = 10;

/**
 * The app's side of a job. Everything read from the workspace is a claim from an untrusted place and rejects
 * typed when it breaks the protocol: `mailbox-invalid`, `mailbox-line-too-long`, `mailbox-gap`,
 * `mailbox-too-large`, `protocol-mismatch`.
 */
export function openMailbox(workspace: Workspace): Mailbox {
  const names = createInboxNames();
  let lastPut: Promise<void> = Promise.resolve();
  return {
    follow: (position, signal) => follow(workspace, position, signal),
    put(key, message) {
      const put = lastPut.then(() => putMessage(key, message));
      lastPut = put.catch(() => {});
      return put;
    },
    result: () => readResult(workspace),
  };

  async function putMessage(key: string, message: InboxMessage): Promise<void> {
    await workspace.write(names.nameOf(key, message.type), JSON.stringify(message));
  }
}

/**
 * What came together, as long as something comes. Ends after `runner.finished`; rejects with `runner-died`, or with
 * the signal's reason. What is wrong is told of after what stands before it.
 */
async function* follow(
  workspace: Workspace,
  position: FollowPosition,
  signal: AbortSignal,
): AsyncGenerator<readonly ReceivedEvent[], void, undefined> {
  const events = eventReader(workspace, position);
  const lines = lineReader(workspace, position.offset, signal);
  for (;;) {
    const received: ReceivedEvent[] = [];
    let failure = await readEvents(events, await lines.next(), received);
    for (let holds = 0; failure === null && holds < MAX_HOLDS && mayWait(received); holds += 1) {
      const more = await lines.soon(HOLD_MS);
      if (more.length === 0) break;
      failure = await readEvents(events, more, received);
    }
    if (received.length > 0) yield received;
    signal.throwIfAborted();
    if (failure !== null) throw failure.reason;
    if (received.at(-1)?.event.type === 'runner.finished') return;
  }
}

/** Every hand-over is stored in a transaction of its own: what nobody waits for is handed over with what follows it. */
function mayWait(received: readonly ReceivedEvent[]): boolean {
  const last = received.at(-1)?.event.type;
  return last !== undefined && last !== 'runner.finished' && !received.some(isQuestion);
}

const isQuestion = ({ event }: ReceivedEvent): boolean => event.type === 'model.request';

/** Takes up the events of the lines, up to the first that is wrong or the runner's last. */
async function readEvents(
  events: EventReader,
  lines: readonly Uint8Array[],
  received: ReceivedEvent[],
): Promise<{ readonly reason: unknown } | null> {
  try {
    for (const line of lines) {
      const next = await events.read(line);
      if (next !== null) received.push(next);
      if (next?.event.type === 'runner.finished') break;
    }
    return null;
  } catch (reason) {
    return { reason };
  }
}

interface EventReader {
  /** The event of the next line, null when it is one that was read before. */
  read(line: Uint8Array): Promise<ReceivedEvent | null>;
}

function eventReader(workspace: Workspace, position: FollowPosition): EventReader {
  let { seq, offset } = position;
  let blobBytes = 0;
  return {
    async read(line) {
      offset += line.length + 1;
      const parsed = parseLine(line);
      if (parsed.seq <= seq) return null;
      if (parsed.seq !== seq + 1) throw gap(seq, parsed.seq);
      let event: RunnerEvent;
      if ('blob' in parsed) {
        const blob = await workspace.read(`blobs/${parsed.blob}`, MAX_BLOB_BYTES);
        if (!blob) throw mailboxInvalid('A line names a blob that is not there.');
        blobBytes += blob.length;
        event = parseBlob(blob, parsed.blob, parsed.seq);
      } else {
        event = parsed;
      }
      if (offset + blobBytes > MAX_SAID_BYTES) throw tooLarge();
      ({ seq } = event);
      return { event, position: { seq, offset } };
    },
  };
}

interface LineReader {
  /**
   * The next whole lines, those of one read together; at least one. Rejects with `runner-died` when no more can come,
   * or with the signal's reason.
   */
  next(): Promise<readonly Uint8Array[]>;
  /** What comes within this while, maybe nothing; what is wrong with it is left for `next` to tell. */
  soon(withinMs: number): Promise<readonly Uint8Array[]>;
}

function lineReader(workspace: Workspace, offset: number, signal: AbortSignal): LineReader {
  let end = offset;
  let isLongRead = false;
  let hasRead = false;
  const read = async (): Promise<readonly Uint8Array[]> => {
    // Half a line is not kept but read again: a runner whose disk was full takes it back.
    const { lines, lengthBytes } = cutLines(await workspace.readFrom(EVENTS_FILE, end));
    end += lengthBytes;
    isLongRead = lengthBytes >= LONG_READ_BYTES;
    return lines;
  };
  return {
    async next() {
      for (let dead = false; ;) {
        signal.throwIfAborted();
        if (hasRead && !isLongRead && !dead) await workspace.changed(EVENTS_FILE, signal);
        hasRead = true;
        const lines = await read();
        if (lines.length > 0) return lines;
        if (dead) throw await runnerDied(workspace);
        // The runner is looked after only when a read that was to give something gave nothing, and it is not yet the
        // end: what it wrote last may have come after the read.
        dead = (await workspace.runnerState()) === 'exited';
      }
    },
    async soon(withinMs) {
      const late = AbortSignal.timeout(withinMs);
      try {
        await workspace.changed(EVENTS_FILE, AbortSignal.any([signal, late])).catch((error: unknown) => {
          if (!late.aborted) throw error;
        });
        return await read();
      } catch {
        return [];
      }
    },
  };
}

async function readResult(workspace: Workspace): Promise<RunnerResult> {
  const bytes = await workspace.read(RESULT_FILE, MAX_RESULT_BYTES);
  if (!bytes) throw mailboxInvalid('The runner finished without a result.');
  const value = parseJson(bytes, 'its result');
  refuseOtherVersion(value);
  const parsed = RunnerResult.safeParse(value);
  if (!parsed.success) throw mailboxInvalid(`The result is none: ${firstIssue(parsed.error)}`);
  if (parsed.data.runId !== workspace.runId) throw mailboxInvalid('The result is that of another run.');
  return parsed.data;
}

async function runnerDied(workspace: Workspace): Promise<PtcError> {
  const tail = await runnerLogTail(workspace);
  const said = tail === null ? 'It printed nothing.' : `The last it printed:\n${tail}`;
  return new PtcError({
    code: 'runner-died',
    message: `The runner ended without a result. ${said}`,
    remedy: 'Ask again with /ptc build. If it comes back, look for a lack of memory on the machine.',
    retryable: false,
  });
}

const gap = (have: number, got: number): PtcError =>
  new PtcError({
    code: 'mailbox-gap',
    message: `The runner’s event ${have + 1} is missing: ${got} follows ${have}.`,
    remedy: 'Start the run again with /ptc build; report it as a bug of the runner if it comes back.',
    retryable: false,
  });

const tooLarge = (): PtcError =>
  new PtcError({
    code: 'mailbox-too-large',
    message: `The runner has said more than ${MAX_SAID_BYTES} bytes, and the run was ended.`,
    remedy: 'Look for commands of the repository that print without end, then ask again with /ptc build.',
    retryable: false,
  });
