import { type Schedule, type ScheduleRow } from './read-schedule.ts';

/** Of the width; what is left over is for the mark behind the last bar. */
const TIME_PERCENT = 95;
/** From so many rows on, the labels of the axis stand below them too. */
const TALL_ROWS = 16;

export const AXIS_PX = 20;
export const LAYER_PX = 28;
export const ROW_PX = 36;
/** Within a row: the line its label stands on, and its bar. */
export const LABEL_PX = 13;
export const BAR_TOP_PX = 20;
export const BAR_PX = 9;
export const BAR_MIDDLE_PX = BAR_TOP_PX + BAR_PX / 2;

/** Where things stand: across in percent of the width, so that texts keep their size, and down in pixels. */
export interface Scale {
  readonly x: (ms: number) => number;
  readonly top: (row: ScheduleRow) => number;
  readonly endMs: number;
  readonly heightPx: number;
  readonly isTall: boolean;
}

export function scaleOf({ rows, startMs, endMs }: Schedule): Scale {
  const lengthMs = Math.max(1, endMs - startMs);
  const isTall = rows.length >= TALL_ROWS;
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
    endMs,
    heightPx: isTall ? y + AXIS_PX : y,
    isTall,
  };
}

export const percent = (value: number): string => `${value.toFixed(2)}%`;
