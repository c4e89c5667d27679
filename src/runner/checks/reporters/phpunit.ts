import { join, posix } from 'node:path';
import { readJunit } from './junit.ts';
import { repositoryPath } from './report-path.ts';
import { type Reporter } from './reporter.ts';

const REPORT = 'phpunit.xml';

export const phpunit: Reporter = {
  request: (folder) => ({ words: ['--log-junit', join(folder, REPORT)], env: {}, files: {} }),
  /** Older versions take one file only: of several the classes are named, which are called like their files. */
  only: (files) => {
    if (files.length === 1) return files;
    const names = files.map((file) => posix.basename(file, '.php')).filter((name) => /^\w+$/.test(name));
    return names.length === 0 ? [] : ['--filter', `/\\b(?:${names.join('|')})::/`];
  },
  async read(folder, place) {
    const cases = await readJunit(folder, REPORT);
    if (cases === null) return null;
    return cases.map(({ name, classname, file, status, message }) => ({
      file: file === '' ? '' : repositoryPath(file, place),
      name: `${classname.replaceAll('.', '\\')}::${name}`,
      // An error is an exception in the test itself: a file that does not load ends the whole run.
      status: status === 'error' ? 'failed' : status,
      message,
    }));
  },
};
