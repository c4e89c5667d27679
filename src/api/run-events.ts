import { type Context } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import { toProblem } from '../domain/errors.ts';
import { type StreamMessage } from '../protocol/stream-message.ts';
import { type Log, type RunStore, type StoredRun } from '../run/ports.ts';
import { type RunWatch } from './run-watch.ts';
import { createStreamMessages, LAST_ID, type StreamMessages } from './stream/messages.ts';

/** Proxies take a connection for dead that says nothing for so long. */
const HEARTBEAT_MS = 15_000;

export interface EventSources {
  readonly store: Pick<RunStore, 'get' | 'events'>;
  readonly watch: RunWatch;
  /** Aborted when this server is to end. */
  readonly stopping: AbortSignal;
  /** A sign of life in so long a silence; a quarter of a minute. */
  readonly heartbeatMs?: number;
  readonly log: Log;
}

/** Where a reader has got to: the event, and the message of those that it says. */
interface Place {
  readonly seq: number;
  readonly part: number;
}

const NOWHERE: Place = { seq: -1, part: 0 };

/**
 * The run's events as server-sent StreamMessages, from the first or from behind `lastEventId`, until the run's end.
 * A reader that has the end already is told so by an empty 204, which keeps it from asking again.
 */
export function answerEvents(
  context: Context,
  sources: EventSources,
  stored: StoredRun,
  lastEventId: string | undefined,
): Response {
  if (lastEventId === LAST_ID && stored.finishedAt !== null) return context.body(null, 204);
  return streamSSE(context, async (stream) => {
    const gone = new AbortController();
    stream.onAbort(() => gone.abort());
    try {
      const over = AbortSignal.any([gone.signal, sources.stopping]);
      await tellAll(sources, stored, { stream, from: placeIn(lastEventId), gone: over });
    } catch (error) {
      // The reader connects again and goes on from where it is.
      sources.log.warn({ runId: stored.run.id, problem: toProblem(error) }, 'a stream of events broke off');
    }
  });
}

interface Reader {
  readonly stream: SSEStreamingApi;
  readonly from: Place;
  readonly gone: AbortSignal;
}

async function tellAll(sources: EventSources, stored: StoredRun, reader: Reader): Promise<void> {
  const { stream, from, gone } = reader;
  const { id } = stored.run;
  const messages = createStreamMessages(stored.run);
  if (from === NOWHERE) {
    await stream.writeSSE({ data: JSON.stringify(messages.connected(stored, new Date())) });
    await write(stream, messages.started());
  }
  let seq = 0;
  while (!gone.aborted) {
    // Asked before the events: once a run is over there come no more.
    const now = await sources.store.get(id);
    seq = await tellNew(sources, { ...reader, messages, runId: id, seq });
    if (now === null || gone.aborted) return;
    if (now.finishedAt !== null) return write(stream, messages.ended(now));
    await newsOf(sources, id, seq, reader);
  }
}

/** Tells what was stored since event `seq`; resolves to the last one that was told. */
async function tellNew(
  { store }: EventSources,
  told: Reader & { readonly messages: StreamMessages; readonly runId: string; readonly seq: number },
): Promise<number> {
  const { stream, from, gone, messages, runId } = told;
  let { seq } = told;
  for (const event of await store.events(runId, seq)) {
    seq = event.seq;
    for (const [part, message] of messages.next(event).entries()) {
      if (gone.aborted) return seq;
      if (isBehind({ seq, part }, from)) await write(stream, message);
    }
  }
  return seq;
}

/** Resolves when there is more to tell; meanwhile the connection is kept alive. */
async function newsOf(sources: EventSources, runId: string, seq: number, reader: Reader): Promise<void> {
  const { watch, heartbeatMs = HEARTBEAT_MS } = sources;
  const { stream, gone } = reader;
  while (!gone.aborted) {
    const patience = AbortSignal.any([gone, AbortSignal.timeout(heartbeatMs)]);
    const head = await watch.until(runId, (each) => each.seq > seq || each.isFinished, patience);
    if (head !== null || !patience.aborted) return;
    if (!gone.aborted) await stream.write(': \n\n');
  }
}

const write = (stream: SSEStreamingApi, message: StreamMessage): Promise<void> =>
  stream.writeSSE({ id: message.id, data: JSON.stringify(message) });

const isBehind = (place: Place, from: Place): boolean =>
  place.seq > from.seq || (place.seq === from.seq && place.part > from.part);

/** What is no id of ours begins at the beginning. */
function placeIn(lastEventId: string | undefined): Place {
  const [, seq, part] = /^(\d{1,10})\.(\d{1,3})$/.exec(lastEventId ?? '') ?? [];
  return seq === undefined || part === undefined ? NOWHERE : { seq: Number(seq), part: Number(part) };
}
