import { statSync } from 'node:fs';
import { type DaytonaRequest, type DaytonaServer } from '../../helpers/daytona/index.ts';

/** A request of the workspace's API, from its coming to its answer; milliseconds since the epoch. */
export interface ApiCall {
  readonly route: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Of a read of the events: the bytes that stood behind its offset afterwards, as many as it can have been told. */
  readonly eventBytes: number | null;
  /** How long the events were then. */
  readonly eventsSize: number;
}

/** All that the server answers from now on. */
export function recordCalls(daytona: DaytonaServer): readonly ApiCall[] {
  const calls: ApiCall[] = [];
  const note = async ({ route, body, atMs }: DaytonaRequest): Promise<void> => {
    const [, file = '', from = ''] = /ptc (\S+\/events\.ndjson) (\d+)/.exec(JSON.stringify(body ?? '')) ?? [];
    const place = file === '' ? null : daytona.place(file);
    const eventsSize = place === null ? 0 : (statSync(place, { throwIfNoEntry: false })?.size ?? 0);
    const eventBytes = place === null ? null : Math.max(0, eventsSize - Number(from) + 1);
    calls.push({ route, fromMs: atMs, toMs: Date.now(), eventBytes, eventsSize });
  };
  daytona.on(() => true, { after: note });
  return calls;
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

/** Bytes of events that were read, by the bytes there were in the end: 1 when each was sent once. */
export const timesSent = (calls: readonly ApiCall[]): number =>
  calls.reduce((sum, { eventBytes }) => sum + (eventBytes ?? 0), 0) /
  Math.max(...calls.map(({ eventsSize }) => eventsSize));
