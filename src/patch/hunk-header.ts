/** What a `@@` line claims. */
export interface HunkHeader {
  readonly oldStart: number | null;
  readonly oldCount: number | null;
  readonly newStart: number | null;
  readonly newCount: number | null;
  /** The text that names the surroundings, if any. */
  readonly anchor: string | null;
}

const BARE: HunkHeader = { oldStart: null, oldCount: null, newStart: null, newCount: null, anchor: null };
const RANGES = /^\s*-\s*(\d+)(?:\s*,\s*(\d+))?\s+\+\s*(\d+)(?:\s*,\s*(\d+))?\s*$/;
const LONE_LINE = /^\s*(?:line\s+|-)?(\d+)\s*$/i;

/** Whether this line starts a hunk; `@@name` is a Ruby variable, not a header. */
export function isHunkHeader(line: string | undefined): boolean {
  return line !== undefined && /^@@+(?=[\s-]|$)/.test(line);
}

/** Reads `@@ -1,3 +1,4 @@ heading` and everything models write in its stead, down to a bare `@@`. */
export function parseHunkHeader(line: string): HunkHeader {
  if (line === '@@') return BARE;
  const rest = line.replace(/^@+/, '');
  const close = rest.indexOf('@@');
  const inner = close < 0 ? rest : rest.slice(0, close);
  const heading = close < 0 ? '' : rest.slice(close).replace(/^@+/, '').trim();
  const ranges = RANGES.exec(inner);
  if (ranges !== null) {
    return {
      oldStart: number(ranges[1]),
      oldCount: number(ranges[2]),
      newStart: number(ranges[3]),
      newCount: number(ranges[4]),
      anchor: heading === '' ? null : heading,
    };
  }
  const lone = LONE_LINE.exec(inner);
  return {
    oldStart: number(lone?.[1]),
    oldCount: null,
    newStart: null,
    newCount: null,
    anchor: words(inner, heading),
  };
}

function number(digits: string | undefined): number | null {
  const value = digits === undefined ? Number.NaN : Number(digits);
  return Number.isSafeInteger(value) ? value : null;
}

/** An anchor has letters and is no placeholder such as `-?,? +?,?` or `-X,Y +X,Y`. */
function words(inner: string, heading: string): string | null {
  if (heading !== '') return heading;
  const text = inner.trim();
  return /[A-Za-z_]{2}/.test(text) && !/^-\S*\s+\+\S*$/.test(text) && !LONE_LINE.test(text) ? text : null;
}
