import { type RunnerEvent } from '../../../protocol/runner-event.ts';

/** A stretch of time in which a subtask was at work. */
export interface Stretch {
  readonly fromMs: number;
  /** Null while it goes on. */
  readonly toMs: number | null;
  /** It began anew on top of what was merged by then. */
  readonly redo: boolean;
  /** `redone`: what came of it did not merge. `cut`: its workspace was lost. */
  readonly ending: 'open' | 'worked' | 'redone' | 'cut' | 'ended';
}

export type SubtaskState = Extract<RunnerEvent, { type: 'subtask.state' }>;

/** What the events say of one subtask. */
export interface Track {
  readonly stretches: readonly Stretch[];
  readonly last: SubtaskState | null;
}

export const NO_TRACK: Track = { stretches: [], last: null };

/** Each subtask's track by its index, also over several workspaces, of which each says anew what is known. */
export function tracksOf(events: readonly RunnerEvent[]): ReadonlyMap<number, Track> {
  const tracks = new Map<number, Track>();
  let beforeMs = 0;
  for (const event of events) {
    const ms = Date.parse(event.at);
    if (event.type === 'runner.started') {
      for (const [index, track] of tracks) tracks.set(index, close(track, beforeMs, 'cut'));
    } else if (event.type === 'subtask.worked') {
      tracks.set(event.subtask, close(tracks.get(event.subtask) ?? NO_TRACK, ms, 'worked'));
    } else if (event.type === 'subtask.state') {
      tracks.set(event.subtask, withState(tracks.get(event.subtask) ?? NO_TRACK, event, ms));
    }
    beforeMs = ms;
  }
  return tracks;
}

function withState(track: Track, event: SubtaskState, ms: number): Track {
  const { stretches } = close(track, ms, 'ended');
  const redo = event.state === 'redo';
  const isKnown = stretches.some((each) => each.redo === redo && each.ending === 'worked');
  if ((event.state !== 'started' && !redo) || isKnown) return { stretches, last: event };
  const before = redo ? stretches.map((each) => ({ ...each, ending: 'redone' as const })) : stretches;
  return { stretches: [...before, { fromMs: ms, toMs: null, redo, ending: 'open' }], last: event };
}

function close(track: Track, toMs: number, ending: Stretch['ending']): Track {
  const stretches = track.stretches.map((each) => (each.toMs === null ? { ...each, toMs, ending } : each));
  return { ...track, stretches };
}
