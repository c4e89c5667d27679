import { join, posix } from 'node:path';
import { folderOf, readModules } from '../reporters/go-modules.ts';
import { MAX_REPORT_BYTES } from '../reporters/reporter.ts';
import { shellWord } from '../shell-words.ts';
import { readPlainFile } from '../tree-file.ts';
import { type CoverageTool } from './coverage-tool.ts';
import { paintLines, type Stretch } from './painted-lines.ts';

const PROFILE = 'cover.out';

/** `<import path>/<file>:<line>.<column>,<line>.<column> <statements> <count>` */
const BLOCK = /^(.+)\/([^/:]+):(\d+)\.\d+,(\d+)\.\d+ \d+ (\d+)$/gm;

/** Asked for by the environment, so that it reaches a `go test` inside of another command. */
export const goProfile: CoverageTool = {
  tells: /\.go$/,
  request({ folder }) {
    const profile = shellWord(`-coverprofile=${join(folder, PROFILE)}`);
    return { words: [], env: { GOFLAGS: `-buildvcs=false -coverpkg=./... ${profile}` }, files: {} };
  },
  async read({ folder, place, files }) {
    const text = await readPlainFile(join(folder, PROFILE), MAX_REPORT_BYTES);
    if (text === null) return new Map();
    const modules = await readModules(place);
    const blocks = new Map([...files.keys()].map((path): [string, Stretch[]] => [path, []]));
    for (const [, path = '', name = '', from, to, count] of text.matchAll(BLOCK)) {
      const folder = folderOf(path, modules);
      if (folder === null) continue;
      const ran = Number(count) > 0;
      blocks.get(posix.join(folder, name))?.push({ from: Number(from), to: Number(to), ran });
    }
    return new Map(
      [...blocks].map(([path, found]) => [path, paintLines(files.get(path) ?? '', inOrder(found))]),
    );
  },
};

/** Blocks that were run come last: a line may be shared by several, and a block stands once for each package's tests. */
const inOrder = (blocks: readonly Stretch[]): readonly Stretch[] =>
  blocks.toSorted((one, other) => Number(one.ran) - Number(other.ran));
