import { lstat, readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { type TestCase } from '../check.ts';
import { readTreeFile } from '../tree-file.ts';
import { walkTree } from '../tree-files.ts';
import { parseJunit } from './junit.ts';
import { classCase, classNames, uncompiled } from './junit-classes.ts';
import { MAX_REPORT_BYTES, type Reporter } from './reporter.ts';
import { readTranscript } from './transcript.ts';

const TRANSCRIPT = 'maven.txt';
/** Written before the command starts: reports that are older are of another run. */
const MARK = 'started';

const REPORTS = ['target/surefire-reports', 'target/failsafe-reports'];

/** Surefire writes JUnit XML into each module's own folder, and no option of a command moves that. */
export const maven: Reporter = {
  request: () => ({
    words: ['--fail-at-end'],
    env: {},
    files: { [MARK]: '' },
    transcript: TRANSCRIPT,
  }),
  only: (files) => [
    `-Dtest=${classNames(files).join(',')}`,
    // Both names of "a module without any of these is all right", of old and new versions.
    '-DfailIfNoTests=false',
    '-Dsurefire.failIfNoSpecifiedTests=false',
  ],
  async read(folder, place, end) {
    const text = await readTranscript(folder, TRANSCRIPT);
    const cases: TestCase[] = [...uncompiled(text ?? '', end, place)];
    const mark = await lstat(join(folder, MARK));
    let found = cases.length > 0;
    let leftBytes = MAX_REPORT_BYTES;
    for (const { module, path } of await findReports(place)) {
      const stat = await lstat(join(place, path)).catch(() => null);
      if (stat === null || stat.mtimeMs < mark.mtimeMs) continue;
      const xml = await readTreeFile(place, path, leftBytes);
      if (xml === null) return null;
      leftBytes -= Buffer.byteLength(xml);
      found = true;
      for (const test of parseJunit(xml)) cases.push(await classCase(test, module, place));
    }
    return found ? cases : null;
  },
};

async function findReports(place: string): Promise<readonly { module: string; path: string }[]> {
  const modules = (await walkTree(place))
    .filter((file) => posix.basename(file) === 'pom.xml')
    .map((file) => posix.dirname(file));
  const found = await Promise.all(
    modules.flatMap((module) =>
      REPORTS.map(async (reports) => {
        const folder = posix.join(module, reports);
        const names = await readdir(join(place, folder)).catch(() => []);
        return names
          .filter((name) => /^TEST-.*\.xml$/.test(name))
          .map((name) => ({ module, path: posix.join(folder, name) }));
      }),
    ),
  );
  return found.flat();
}
