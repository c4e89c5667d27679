import * as z from 'zod';
import { type DaytonaRequest, type DaytonaServer } from '../../helpers/daytona/index.ts';

/** A request of the workspace's API, from its coming to its answer; milliseconds since the epoch. */
export interface ApiCall {
  readonly route: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Of a read of the events: the bytes that it was given, and how long the events were then. */
  readonly events: { readonly sentBytes: number; readonly sizeBytes: number } | null;
}

/** All that the server answers from now on. */
export function recordCalls(daytona: DaytonaServer): readonly ApiCall[] {
  const calls: ApiCall[] = [];
  const note = async ({ route, body, atMs }: DaytonaRequest, answer: unknown): Promise<void> => {
    const isRead = /ptc \S+\/events\.ndjson \d+/.test(JSON.stringify(body ?? ''));
    calls.push({ route, fromMs: atMs, toMs: Date.now(), events: isRead ? eventsIn(answer) : null });
  };
  daytona.on(() => true, { after: note });
  return calls;
}

/** What the script of a read prints: the size, and what stands behind the offset in base64. */
function eventsIn(answer: unknown): ApiCall['events'] {
  const { exitCode, result } = z.object({ exitCode: z.number(), result: z.string() }).parse(answer);
  const [size = '', content = ''] = result.split('\n');
  if (exitCode !== 0) return { sentBytes: 0, sizeBytes: 0 };
  return { sentBytes: Buffer.from(content, 'base64').length, sizeBytes: Number(size) };
}

/** How long at least one of the calls was under way between two moments. */
export function apiMsWithin(calls: readonly ApiCall[], fromMs: number, toMs: number): number {
  const inOrder = calls.toSorted((a, b) => a.fromMs - b.fromMs);
  let counted = 0;
  let coveredTo = fromMs;
  for (const call of inOrder) {
    const end = Math.min(call.toMs, toMs);
    const begin = Math.max(call.fromMs, coveredTo);
    if (end <= begin) continue;
    counted += end - begin;
    coveredTo = end;
  }
  return counted;
}

export const callsWithin = (calls: readonly ApiCall[], fromMs: number, toMs: number): number =>
  calls.filter((call) => call.fromMs >= fromMs && call.fromMs < toMs).length;

/** Bytes of events that were sent, by the bytes there were in the end: 1 when each was sent once. */
export const timesSent = (calls: readonly ApiCall[]): number =>
  calls.reduce((sum, { events }) => sum + (events?.sentBytes ?? 0), 0) /
  Math.max(...calls.map(({ events }) => events?.sizeBytes ?? 0));
