import { html } from 'hono/html';
import { counted, NOTHING, type Html } from '../format.ts';
import { drawnRow } from './drawn-row.ts';
import { type Edge, edgesToDraw } from './edges.ts';
import { type Schedule, type ScheduleRow } from './read-schedule.ts';
import { AXIS_PX, BAR_MIDDLE_PX, LAYER_PX, percent, type Scale, scaleOf } from './scale.ts';
import { ticksOf } from './time-axis.ts';

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

function axis({ startMs, endMs }: Schedule, { x, heightPx, isTall }: Scale): readonly Html[] {
  const labelled = isTall ? [11, heightPx - 5] : [11];
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

/** From where one was put in, down and across to where the other one begins. */
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
