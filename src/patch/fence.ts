/** A Markdown code fence that was opened. */
export interface Fence {
  readonly indent: number;
  readonly marker: string;
  /** What stands behind the marker: a language, a file name. */
  readonly info: string;
}

const FENCE = /^([ \t]*)(`{3,}|~{3,})([^`]*)$/;

/** The fence this line opens, were it outside one. */
export function openingFence(line: string): Fence | null {
  const found = FENCE.exec(line);
  if (found === null) return null;
  const [, space = '', marker = '', info = ''] = found;
  return { indent: space.length, marker, info: info.trim() };
}

/** A closing fence has no info and at least as many marks as the opening one; it is not indented deeper. */
export function closesFence(line: string, fence: Fence): boolean {
  const found = openingFence(line);
  return (
    found !== null &&
    found.info === '' &&
    found.marker.startsWith(fence.marker) &&
    found.indent <= fence.indent
  );
}

/** The fence that is open after this line, given the one open before it. */
export function fenceAfter(line: string, fence: Fence | null): Fence | null {
  if (fence === null) return openingFence(line);
  return closesFence(line, fence) ? null : fence;
}
