import { join } from 'node:path';
import { readJunit } from './junit.ts';
import { repositoryPath, withImporters } from './report-path.ts';
import { type Reporter } from './reporter.ts';

const REPORT = 'vitest.xml';

export const vitest: Reporter = {
  request: (folder) => ({
    words: ['--reporter=default', '--reporter=junit', `--outputFile.junit=${join(folder, REPORT)}`],
    env: {},
    files: {},
  }),
  only: (files) => files,
  async read(folder, place) {
    const cases = await readJunit(folder, REPORT);
    if (cases === null) return null;
    // A file that failed to load is reported as a test with the name of the file.
    return cases.map(({ name, classname, status, message }) => {
      const file = repositoryPath(classname, place);
      const unloaded = status === 'failed' && name === classname;
      return {
        file,
        name: unloaded ? file : name,
        status: unloaded ? 'error' : status,
        message: withImporters(message, place),
      };
    });
  },
};
