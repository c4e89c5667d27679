import { join } from 'node:path';
import { type TestCase } from '../check.ts';
import { type JunitCase, readJunit } from './junit.ts';
import { MAX_MESSAGE_LENGTH, type Reporter } from './reporter.ts';

const REPORT = 'bun.xml';

/** What bun prints for a file that did not load; its report leaves such files out. */
const UNLOADED = /^(\S.*):\n\n# Unhandled error between tests\n-{5,}\n([^]*?)\n-{5,}$/gm;

export const bunTest: Reporter = {
  request: (folder) => ({
    words: ['--reporter=junit', `--reporter-outfile=${join(folder, REPORT)}`],
    env: {},
    files: {},
  }),
  // Without the dot, bun takes a name for a part of any path.
  only: (files) => files.map((file) => (file.startsWith('.') ? file : `./${file}`)),
  async read(folder, _place, end) {
    const unloaded = [...end.output.matchAll(UNLOADED)].map(([, file = '', message = '']): TestCase => ({
      file,
      name: file,
      status: 'error',
      message: message.slice(0, MAX_MESSAGE_LENGTH),
    }));
    const reported = await readJunit(folder, REPORT);
    if (reported === null && unloaded.length === 0) return null;
    return [...(reported ?? []).map(asCase), ...unloaded];
  },
};

/** Bun names the suites around a test from the inside out. */
function asCase({ file, classname, name, status, message }: JunitCase): TestCase {
  const suites = classname === '' ? [] : classname.split(' > ').reverse();
  return { file, name: [...suites, name].join(' > '), status, message };
}
