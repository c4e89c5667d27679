import { join } from 'node:path';
import { shellWord } from '../shell-words.ts';
import { type JunitCase, readJunit } from './junit.ts';
import { repositoryPath } from './report-path.ts';
import { type Reporter } from './reporter.ts';

const REPORT = 'pytest.xml';

export const pytest: Reporter = {
  request: (folder) => ({
    words: [],
    env: {
      // Only the older family names the file. A file that fails to load must not stop the others.
      PYTEST_ADDOPTS: `${shellWord(`--junitxml=${join(folder, REPORT)}`)} -o junit_family=xunit1 --continue-on-collection-errors`,
      PYTHONDONTWRITEBYTECODE: '1',
    },
    files: {},
  }),
  only: (files) => files,
  async read(folder, tree) {
    const cases = await readJunit(folder, REPORT);
    if (cases === null) return null;
    return cases.map((each) => {
      const file = repositoryPath(each.file, tree);
      const unloaded = each.status === 'error' && each.classname === '';
      return { file, name: unloaded ? file : nameOf(each), status: each.status, message: each.message };
    });
  },
};

/** `Class::test` as on pytest's command line: the class name starts with the module, which the file says. */
function nameOf({ classname, name, file }: JunitCase): string {
  const module = file.replace(/\.py$/, '').replaceAll('/', '.');
  const classes = classname.startsWith(`${module}.`) ? classname.slice(module.length + 1).split('.') : [];
  return [...classes, name].join('::');
}
