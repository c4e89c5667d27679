import { readdir, realpath } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join, posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { isTestMaterial } from '../proof/test-files.ts';
import { MAX_REPORT_BYTES } from '../reporters/reporter.ts';
import { readPlainFile } from '../tree-file.ts';
import { type CoverageTool } from './coverage-tool.ts';
import { type FileRuns, joinRuns, type LineRuns } from './line-runs.ts';
import { paintLines, type Stretch } from './painted-lines.ts';

/** Each process writes some 300 KB about Node itself. */
const MAX_TOTAL_BYTES = 5 * MAX_REPORT_BYTES;

const Report = z.object({ result: z.array(z.object({ url: z.string(), functions: z.unknown() })) });

const Ranges = z.array(
  z.object({
    ranges: z.array(z.object({ startOffset: z.number(), endOffset: z.number(), count: z.number() })),
  }),
);
type Range = z.infer<typeof Ranges>[number]['ranges'][number];

/**
 * Node itself tells which parts of a file it ran, whatever runs in it, and asks for nothing to be installed. It
 * tells of the text that ran: of files that were translated before, by length, nothing is said.
 */
export const v8Coverage: CoverageTool = {
  tells: /(?<!\.d)\.[cm]?[jt]s$/,
  request: ({ folder }) => ({ words: [], env: { NODE_V8_COVERAGE: folder }, files: {} }),
  async read(asked) {
    const root = await realpath(asked.place);
    const sources = new Map(
      [...asked.files].map(([path, text]) => [pathToFileURL(join(root, path)).href, readSource(path, text)]),
    );
    const told: FileRuns[] = [];
    const translated = new Set<string>();
    const loaded = new Set<string>();
    for (const { url, functions } of await readScripts(asked.folder, sources)) {
      const source = sources.get(url);
      loaded.add(url);
      if (source === undefined) continue;
      const runs = readScript(source, functions);
      if (runs === null) translated.add(source.path);
      else told.push(new Map([[source.path, runs]]));
    }
    const base = pathToFileURL(root).href;
    const running = [...loaded].filter((url) => !isTestMaterial(url.slice(base.length + 1)));
    const folders = new Set(running.map((url) => posix.dirname(url)));
    for (const [url, { path, code }] of sources) {
      // What is built from a file may run elsewhere: only beside files that run where they stand it would, too.
      if (loaded.has(url) || !folders.has(posix.dirname(url))) continue;
      told.push(new Map([[path, paintLines(code, [{ from: 1, to: code.length, ran: false }])]]));
    }
    return new Map([...joinRuns(told)].filter(([path]) => !translated.has(path)));
  },
};

type Script = z.infer<typeof Report>['result'][number];

/**
 * What every process ran, by URLs without a query; of what is not wanted nothing but that.
 *
 * @throws Error when there is more than can be read: a part of it would tell of too few lines
 */
async function readScripts(folder: string, wanted: ReadonlyMap<string, unknown>): Promise<readonly Script[]> {
  const names = (await readdir(folder)).filter((name) => /^coverage-[\d-]+\.json$/.test(name));
  const scripts: Script[] = [];
  let leftBytes = MAX_TOTAL_BYTES;
  for (const name of names) {
    const text = await readPlainFile(join(folder, name), Math.min(leftBytes, MAX_REPORT_BYTES));
    if (text === null) throw new Error(`the report ${name} cannot be read`);
    leftBytes -= Buffer.byteLength(text);
    const { result } = Report.parse(JSON.parse(text));
    for (const { url: whole, functions } of result) {
      const url = whole.replace(/[?#].*$/, '');
      if (url.startsWith('file:')) scripts.push({ url, functions: wanted.has(url) ? functions : null });
    }
  }
  return scripts;
}

interface Source {
  readonly path: string;
  /** What Node runs of it. */
  readonly code: string;
  /** Offset of the first character of each line that is no space, and of the end of the last one. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

function readSource(path: string, text: string): Source {
  const code = withoutTypes(path, text.replace(/^\uFEFF/, ''));
  let offset = 0;
  const lines = code.split('\n').map((line) => {
    const start = offset + line.length - line.trimStart().length;
    const end = Math.max(start, offset + line.trimEnd().length);
    offset += line.length + 1;
    return { start, end };
  });
  return { path, code, starts: lines.map(({ start }) => start), ends: lines.map(({ end }) => end) };
}

/** Node blanks types before it runs a file, which leaves the rest where it was; what it cannot, it does not run. */
function withoutTypes(path: string, text: string): string {
  try {
    return path.endsWith('ts') ? stripTypeScriptTypes(text) : text;
  } catch {
    return text;
  }
}

/** Null when it was another text that ran. */
function readScript(source: Source, functions: unknown): LineRuns | null {
  const ranges = Ranges.parse(functions).flatMap((each) => each.ranges);
  const whole = ranges[0];
  if (whole?.startOffset !== 0 || whole.endOffset !== source.code.length) return null;
  const nested = ranges.toSorted(
    (one, other) => one.startOffset - other.startOffset || other.endOffset - one.endOffset,
  );
  return paintLines(
    source.code,
    nested.map((range) => asStretch(range, source)),
  );
}

/** The lines that lie in a range with all they hold. */
function asStretch({ startOffset, endOffset, count }: Range, { starts, ends }: Source): Stretch {
  return { from: below(starts, startOffset) + 1, to: below(ends, endOffset + 1), ran: count > 0 };
}

/** How many of the rising numbers are below `limit`. */
function below(numbers: readonly number[], limit: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
