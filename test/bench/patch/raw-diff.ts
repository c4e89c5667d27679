/** A hunk of git's own output. Body lines keep their prefix; `\ No newline` lines stand among them. */
export interface RawHunk {
  readonly oldStart: number;
  readonly oldCount: number;
  readonly newStart: number;
  readonly newCount: number;
  readonly heading: string;
  readonly body: readonly string[];
}

/** The diff of one file. */
export interface RawFile {
  readonly path: string;
  /** Lines above `---`, such as `diff --git`. */
  readonly extended: readonly string[];
  readonly oldLine: string;
  readonly newLine: string;
  readonly hunks: readonly RawHunk[];
}

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$/;

/** Reads what `git diff` printed: its counts are right, so they alone say where a hunk ends. */
export function parseGitDiff(text: string): readonly RawFile[] {
  const lines = text.split('\n');
  const files: { path: string; extended: string[]; oldLine: string; newLine: string; hunks: RawHunk[] }[] =
    [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    const file = files.at(-1);
    const header = HUNK.exec(line);
    if (line.startsWith('diff --git '))
      files.push({ path: '', extended: [line], oldLine: '', newLine: '', hunks: [] });
    else if (file === undefined) at += 0;
    else if (line.startsWith('--- ')) file.oldLine = line;
    else if (line.startsWith('+++ ')) {
      file.newLine = line;
      file.path = (line === '+++ /dev/null' ? file.oldLine : line).slice(6).replace(/\t$/, '');
    } else if (header !== null) {
      const hunk = readHunk(lines, at + 1, header);
      file.hunks.push(hunk);
      at += hunk.body.length;
    } else if (line !== '') file.extended.push(line);
    at += 1;
  }
  return files.filter((file) => file.hunks.length > 0);
}

function readHunk(lines: readonly string[], start: number, header: RegExpExecArray): RawHunk {
  const [oldStart = 0, oldCount = 1, newStart = 0, newCount = 1] = header
    .slice(1, 5)
    .map((text) => (text === undefined ? 1 : Number(text)));
  const body: string[] = [];
  let [old, added] = [0, 0];
  for (let at = start; old < oldCount || added < newCount || lines[at]?.startsWith('\\') === true; at += 1) {
    const line = lines[at] ?? '';
    if (line.startsWith(' ') || line.startsWith('-')) old += 1;
    if (line.startsWith(' ') || line.startsWith('+')) added += 1;
    body.push(line);
  }
  return { oldStart, oldCount, newStart, newCount, heading: header[5] ?? '', body };
}

export function printHunk(hunk: RawHunk): string {
  const heading = hunk.heading === '' ? '' : ` ${hunk.heading}`;
  const header = `@@ -${hunk.oldStart},${hunk.oldCount} +${hunk.newStart},${hunk.newCount} @@${heading}`;
  return `${[header, ...hunk.body].join('\n')}\n`;
}

export function printFile(file: RawFile): string {
  return `${[...file.extended, file.oldLine, file.newLine].join('\n')}\n${file.hunks.map(printHunk).join('')}`;
}

export function printDiff(files: readonly RawFile[]): string {
  return files.map(printFile).join('');
}

/** The same hunk with another body, and counts that are right for it. */
export function withBody(hunk: RawHunk, body: readonly string[]): RawHunk {
  const count = (prefixes: string): number =>
    body.filter((line) => prefixes.includes(line.charAt(0) || ' ')).length;
  return { ...hunk, body, oldCount: count(' -'), newCount: count(' +') };
}

/** Applies hunks of git by their line numbers, without any search: the reference for truths we build. */
export function applyByNumber(text: string, hunks: readonly RawHunk[]): string {
  const lines = text.split('\n');
  const result: string[] = [];
  let row = 0;
  for (const hunk of hunks) {
    const start = hunk.oldCount === 0 ? hunk.oldStart : hunk.oldStart - 1;
    while (row < start) result.push(lines[row++] ?? '');
    for (const line of hunk.body) {
      if (line.startsWith('+') || line.startsWith(' ')) result.push(line.slice(1));
      if (line.startsWith('-') || line.startsWith(' ')) row += 1;
    }
  }
  return [...result, ...lines.slice(row)].join('\n');
}
