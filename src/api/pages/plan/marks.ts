import { html } from 'hono/html';
import { NOTHING, type Html } from '../format.ts';
import { type Standing } from './read-schedule.ts';

/**
 * What is drawn of a subtask: how it stands, the time until it is put in (`held`), a stretch of work that was
 * done anew, and where that began.
 */
export type Mark =
  'waiting' | 'live' | 'worked' | 'held' | 'done' | 'failed' | 'skipped' | 'stopped' | 'undone' | 'redo';

export const MARK_OF: Readonly<Record<Standing, Mark>> = {
  waiting: 'waiting',
  'at work': 'live',
  'worked out': 'worked',
  done: 'done',
  failed: 'failed',
  skipped: 'skipped',
  stopped: 'stopped',
};

/** Each has a shape of its own, so that nobody needs the colours. They begin at 0, on the line's middle. */
const PATHS: Readonly<Partial<Record<Mark, string>>> = {
  live: 'M4 -4L10 0L4 4Z',
  done: 'M4 0L7 4L13 -5',
  failed: 'M4 -4L12 4M12 -4L4 4',
  skipped: 'M1 0L6 -5L11 0L6 5Z',
  stopped: 'M4 -4H12V4H4Z',
  redo: 'M0 -9V9M-4 -6L0 -9L4 -6',
};

/** A mark as it stands at the point 0, 0. */
export function markShape(mark: Mark): Html | typeof NOTHING {
  const path = PATHS[mark];
  return path === undefined ? NOTHING : html`<path class="mark ${mark}" d="${path}" />`;
}

const LEGEND: readonly (readonly [Mark, string])[] = [
  ['done', 'done and merged'],
  ['live', 'at work'],
  ['worked', 'worked out'],
  ['held', 'waits to be put in'],
  ['failed', 'failed'],
  ['skipped', 'skipped: one it waits for failed'],
  ['undone', 'did not merge'],
  ['redo', 'begun again on top'],
  ['stopped', 'cut off by the end of its workspace'],
];

/** What the shapes mean, of those that the chart has. */
export function legend(used: ReadonlySet<Mark>): Html {
  const entries = LEGEND.filter(([mark]) => used.has(mark));
  return html`<ul class="legend">
    ${entries.map(
      ([mark, words]) =>
        html`<li>
          <svg class="schedule sample" width="44" height="20" aria-hidden="true">${sample(mark)}</svg>
          ${words}
        </li>`,
    )}
  </ul>`;
}

function sample(mark: Mark): Html {
  const left = mark === 'redo' ? 8 : mark === 'skipped' ? 16 : 28;
  if (mark === 'held') return html`<rect class="bar held" x="2" y="8.5" width="26" height="3" />`;
  const shape = html`<svg x="${left}" y="10">${markShape(mark)}</svg>`;
  if (mark === 'skipped') return shape;
  const kind = mark === 'redo' ? 'done' : mark;
  const x = mark === 'redo' ? 8 : 2;
  return html`<rect class="bar ${kind}" x="${x}" y="5.5" width="26" height="9" rx="2" />${shape}`;
}
