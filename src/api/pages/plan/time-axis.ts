const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS: readonly number[] = [
  ...[0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  DAY,
];
/** More ticks than this touch each other on a phone. */
const MOST_TICKS = 6;

export interface Tick {
  /** Since the start. */
  readonly ms: number;
  readonly label: string;
}

/** Round moments of so long a time, from its start, at most six after that. */
export function ticksOf(lengthMs: number): readonly Tick[] {
  const step =
    STEPS.find((each) => lengthMs / each <= MOST_TICKS) ?? Math.ceil(lengthMs / MOST_TICKS / DAY) * DAY;
  const last = Math.floor(lengthMs / step);
  return Array.from({ length: last + 1 }, (_, at) => ({ ms: at * step, label: labelOf(at * step) }));
}

/** `0`, `0.5 s`, `45 s`, `1:30 min`, `2 min`, `1:30 h`, `2 d`. */
function labelOf(ms: number): string {
  if (ms === 0) return '0';
  if (ms < MINUTE) return `${Number((ms / SECOND).toFixed(1))} s`;
  if (ms < HOUR) return split(ms, MINUTE, 'min');
  return ms % DAY === 0 ? `${ms / DAY} d` : split(ms, HOUR, 'h');
}

function split(ms: number, unit: number, name: string): string {
  const whole = Math.floor(ms / unit);
  const rest = Math.round(((ms % unit) / unit) * 60);
  return rest === 0 ? `${whole} ${name}` : `${whole}:${String(rest).padStart(2, '0')} ${name}`;
}
