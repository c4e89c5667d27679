import { html } from 'hono/html';
import { counted, duration, NOTHING, type Html } from '../format.ts';
import { type Edge, edgesToDraw } from './edges.ts';
import { goalLine } from './goal-line.ts';
import { type Mark, MARK_OF, markShape } from './marks.ts';
import { type Schedule, type ScheduleRow } from './read-schedule.ts';
import { ticksOf } from './time-axis.ts';

const AXIS_PX = 20;
const LAYER_PX = 28;
const ROW_PX = 36;
/** Within a row: the line its label stands on, and its bar. */
const LABEL_PX = 13;
const BAR_TOP_PX = 20;
const BAR_PX = 9;
const BAR_MIDDLE_PX = BAR_TOP_PX + BAR_PX / 2;
/** Of the width; what is left over is for the mark behind the last bar. */
const TIME_PERCENT = 95;
/** A subtask of no time can still be seen. */
const LEAST_PERCENT = 0.4;
const NAMED_EDGES = 6;
/** From so many rows on, the labels of the axis stand below them too. */
const TALL_ROWS = 16;

/** Where things stand: across in percent of the width, so that texts keep their size, and down in pixels. */
interface Scale {
  readonly x: (ms: number) => number;
  readonly top: (row: ScheduleRow) => number;
  readonly heightPx: number;
}

/**
 * The schedule as one drawing: a row for each subtask with a bar for each stretch of work, on one axis of time.
 * @param entriesOf the address of a subtask's entries in the timeline
 */
export function scheduleChart(schedule: Schedule, entriesOf: (index: number) => string): Html {
  const { rows } = schedule;
  const scale = scaleOf(schedule);
  return html`<svg
    class="schedule"
    width="100%"
    height="${scale.heightPx}"
    role="group"
    aria-label="Schedule of ${counted(rows.length, 'subtask')}; the table below says the same"
  >
    ${axis(schedule, scale)} ${layerHeads(rows, scale)}
    ${edgesToDraw(rows).map((edge) => edgeLines(edge, scale))}
    ${rows.map((row) => drawnRow(row, scale, entriesOf(row.index)))}
  </svg>`;
}

function scaleOf({ rows, startMs, endMs }: Schedule): Scale {
  const lengthMs = Math.max(1, endMs - startMs);
  const tops = new Map<ScheduleRow, number>();
  let y = AXIS_PX;
  for (const [place, row] of rows.entries()) {
    if (row.layer !== rows[place - 1]?.layer) y += LAYER_PX;
    tops.set(row, y);
    y += ROW_PX;
  }
  return {
    x: (ms) => Math.min(1, Math.max(0, (ms - startMs) / lengthMs)) * TIME_PERCENT,
    top: (row) => tops.get(row) ?? 0,
    heightPx: rows.length < TALL_ROWS ? y : y + AXIS_PX,
  };
}

const percent = (value: number): string => `${value.toFixed(2)}%`;

function axis({ rows, startMs, endMs }: Schedule, { x, heightPx }: Scale): readonly Html[] {
  const labelled = rows.length < TALL_ROWS ? [11] : [11, heightPx - 5];
  return ticksOf(endMs - startMs).map(({ ms, label }, place) => {
    const at = percent(x(startMs + ms));
    const anchor = place === 0 ? 'start' : 'middle';
    return html`<line class="tick" x1="${at}" x2="${at}" y1="${AXIS_PX - 4}" y2="${heightPx}" />
      ${labelled.map((y) => html`<text class="quiet" x="${at}" y="${y}" text-anchor="${anchor}">${label}</text>`)}`;
  });
}

function layerHeads(rows: readonly ScheduleRow[], { top }: Scale): readonly Html[] {
  const firsts = rows.filter(({ layer }, place) => layer !== rows[place - 1]?.layer);
  return firsts.map((row) => {
    const y = top(row) - LAYER_PX;
    const words = row.layer === 0 ? 'Layer 1: waits for nothing' : `Layer ${row.layer + 1}`;
    return html`<line class="tick" x1="0" x2="100%" y1="${y + 3}" y2="${y + 3}" />
      <text class="quiet strong" x="0" y="${y + 19}">${words}</text>`;
  });
}

/** From the end of one bar down, and across to where the other one begins. */
function edgeLines({ from, to }: Edge, { x, top }: Scale): Html | typeof NOTHING {
  const start = to.stretches[0]?.fromMs ?? to.endedMs;
  if (from.endedMs === null || start === null) return NOTHING;
  const left = percent(x(from.endedMs));
  const right = percent(x(start));
  const y = top(to) + BAR_MIDDLE_PX;
  return html`<line class="edge" x1="${left}" x2="${left}" y1="${top(from) + BAR_MIDDLE_PX}" y2="${y}" />
    <line class="edge" x1="${left}" x2="${right}" y1="${y}" y2="${y}" />
    <svg x="${right}" y="${y}"><path class="tip" d="M-6 -3.5L0 0L-6 3.5Z" /></svg>`;
}

function drawnRow(row: ScheduleRow, scale: Scale, entries: string): Html {
  const { index, subtask, standing, endedMs, stretches } = row;
  const { x } = scale;
  const y = scale.top(row);
  const endMs = endedMs ?? stretches.at(-1)?.toMs;
  return html`<a class="row" href="${entries}">
    <title>${titleOf(row)}</title>
    <rect class="hit" x="0" y="${y}" width="100%" height="${ROW_PX - 1}" />
    <text x="0" y="${y + LABEL_PX}">
      <tspan class="strong">${index}</tspan> ${waits(row)} <tspan>${goalLine(subtask.goal)}</tspan>
    </text>
    ${bars(row, scale)} ${endMs === undefined ? NOTHING : placed(MARK_OF[standing], x(endMs), y)}
  </a>`;
}

function bars(row: ScheduleRow, { x, top }: Scale): readonly Html[] {
  const y = top(row);
  return row.stretches.map((stretch, place) => {
    const left = x(stretch.fromMs);
    const width = Math.max(LEAST_PERCENT, x(stretch.toMs) - left);
    const kind = place === row.stretches.length - 1 ? MARK_OF[row.standing] : 'undone';
    return html`<rect
        class="bar ${kind}"
        x="${percent(left)}"
        y="${y + BAR_TOP_PX}"
        width="${percent(width)}"
        height="${BAR_PX}"
        rx="2"
      />
      ${stretch.redo ? placed('redo', left, y) : NOTHING}`;
  });
}

const placed = (mark: Mark, across: number, y: number): Html =>
  html`<svg x="${percent(across)}" y="${y + BAR_MIDDLE_PX}">${markShape(mark)}</svg>`;

function waits({ after }: ScheduleRow): Html | typeof NOTHING {
  if (after.length === 0) return NOTHING;
  const more = after.length > NAMED_EDGES ? ' …' : '';
  return html`<tspan class="quiet">after ${after.slice(0, NAMED_EDGES).join(', ')}${more}:</tspan>`;
}

/** `2: goal – begun 10:00:05, begun again 10:00:12, done 10:00:17 UTC, at work for 12 s` */
function titleOf({ index, subtask, standing, stretches, endedMs }: ScheduleRow): string {
  const began = stretches.map(({ fromMs, redo }) => `begun ${redo ? 'again ' : ''}${clockText(fromMs)}`);
  const end = endedMs === null ? standing : `${standing} ${clockText(endedMs)} UTC`;
  const worked = stretches.length === 0 ? [] : [`at work for ${duration(workedMs(stretches))}`];
  return `${index}: ${goalLine(subtask.goal)} – ${[...began, end, ...worked].join(', ')}`;
}

const clockText = (ms: number): string => new Date(ms).toISOString().slice(11, 19);

export const workedMs = (stretches: ScheduleRow['stretches']): number =>
  stretches.reduce((sum, { fromMs, toMs }) => sum + Math.max(0, toMs - fromMs), 0);
