import { html } from 'hono/html';
import { duration, NOTHING, type Html } from '../format.ts';
import { goalLine } from './goal-line.ts';
import { type Mark, MARK_OF, markShape } from './marks.ts';
import { type ScheduleRow } from './read-schedule.ts';
import { BAR_MIDDLE_PX, BAR_PX, BAR_TOP_PX, LABEL_PX, percent, ROW_PX, type Scale } from './scale.ts';
import { type Stretch } from './subtask-tracks.ts';

/** A subtask of no time can still be seen. */
const LEAST_PERCENT = 0.4;
const HELD_PX = 3;
const NAMED_EDGES = 6;

/** A subtask's label, its bars and how it ended; all of it leads to `entries`. */
export function drawnRow(row: ScheduleRow, scale: Scale, entries: string): Html {
  const { index, subtask, standing } = row;
  const y = scale.top(row);
  const markAt = row.endedMs ?? row.stretches.at(-1)?.toMs ?? (standing === 'waiting' ? null : scale.endMs);
  return html`<a class="row" href="${entries}">
    <title>${titleOf(row, scale.endMs)}</title>
    <rect class="hit" x="0" y="${y}" width="100%" height="${ROW_PX - 1}" />
    <text x="0" y="${y + LABEL_PX}">
      <tspan class="strong">${index}</tspan> ${waits(row)} <tspan>${goalLine(subtask.goal)}</tspan>
    </text>
    ${row.stretches.map((stretch) => bar(row, stretch, scale))} ${heldBar(row, scale)}
    ${markAt === null ? NOTHING : placed(MARK_OF[standing], scale.x(markAt), y)}
  </a>`;
}

function bar(row: ScheduleRow, stretch: Stretch, { x, top, endMs }: Scale): Html {
  const y = top(row);
  const left = x(stretch.fromMs);
  const width = Math.max(LEAST_PERCENT, x(stretch.toMs ?? endMs) - left);
  return html`<rect
      class="bar ${markOfStretch(row, stretch)}"
      x="${percent(left)}"
      y="${y + BAR_TOP_PX}"
      width="${percent(width)}"
      height="${BAR_PX}"
      rx="2"
    />
    ${stretch.redo ? placed('redo', left, y) : NOTHING}`;
}

function heldBar(row: ScheduleRow, { x, top, endMs }: Scale): Html | typeof NOTHING {
  const from = heldFromMs(row);
  if (from === null) return NOTHING;
  const left = x(from);
  const width = Math.max(0, x(row.endedMs ?? endMs) - left);
  const y = top(row) + BAR_MIDDLE_PX - HELD_PX / 2;
  return html`<rect
    class="bar held"
    x="${percent(left)}"
    y="${y}"
    width="${percent(width)}"
    height="${HELD_PX}"
  />`;
}

/** From when on a subtask that is worked out waits to be put in; null when it does not. */
export function heldFromMs({ stretches, endedMs }: ScheduleRow): number | null {
  const last = stretches.at(-1);
  return last?.ending === 'worked' && last.toMs !== endedMs ? last.toMs : null;
}

export function markOfStretch({ standing }: ScheduleRow, { ending }: Stretch): Mark {
  if (ending === 'redone') return 'undone';
  return ending === 'cut' ? 'stopped' : MARK_OF[standing];
}

const placed = (mark: Mark, across: number, y: number): Html =>
  html`<svg x="${percent(across)}" y="${y + BAR_MIDDLE_PX}">${markShape(mark)}</svg>`;

function waits({ after }: ScheduleRow): Html | typeof NOTHING {
  if (after.length === 0) return NOTHING;
  const more = after.length > NAMED_EDGES ? ' …' : '';
  return html`<tspan class="quiet">after ${after.slice(0, NAMED_EDGES).join(', ')}${more}:</tspan>`;
}

/** `2: goal – begun 10:00:05, begun again 10:00:12, done 10:00:17 UTC, at work for 12 s` */
function titleOf(row: ScheduleRow, endMs: number): string {
  const { index, subtask, standing, stretches, endedMs } = row;
  const began = stretches.map(
    ({ fromMs }, place) => `begun ${place > 0 ? 'again ' : ''}${clockText(fromMs)}`,
  );
  const end = endedMs === null ? standing : `${standing} ${clockText(endedMs)} UTC`;
  const worked = stretches.length === 0 ? [] : [`at work for ${duration(workedMs(row, endMs))}`];
  return `${index}: ${goalLine(subtask.goal)} – ${[...began, end, ...worked].join(', ')}`;
}

const clockText = (ms: number): string => new Date(ms).toISOString().slice(11, 19);

/** @param endMs where a stretch ends that goes on */
export const workedMs = ({ stretches }: ScheduleRow, endMs: number): number =>
  stretches.reduce((sum, { fromMs, toMs }) => sum + Math.max(0, (toMs ?? endMs) - fromMs), 0);
