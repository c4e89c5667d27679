import { join } from 'node:path';
import { readLineReports } from './line-report.ts';
import { type Reporter } from './reporter.ts';

const REPORTER = 'mocha-reporter.cjs';

/**
 * Mocha has room for one reporter: this one writes the report and leaves the printing to mocha's own. Loaded
 * before the tests too, it has mocha (from 8 on) go on after a file that does not load, which is reported.
 */
const SOURCE = `const { appendFileSync } = require('node:fs');
const { join } = require('node:path');

const report = join(__dirname, process.pid + '.ndjson');
const textOf = (error) => String(error?.stack ?? error?.message ?? error);

try {
  const loading = require.main.require('mocha/lib/nodejs/esm-utils');
  const { loadFilesAsync } = loading;
  loading.loadFilesAsync = async (files, ...rest) => {
    for (const file of files) {
      try {
        await loadFilesAsync([file], ...rest);
      } catch (error) {
        const message = textOf(error);
        console.error(message);
        appendFileSync(report, JSON.stringify({ file, name: file, status: 'error', message }) + '\\n');
      }
    }
  };
} catch {
  // Another mocha: it stops at such a file.
}

function spec() {
  try {
    return require.main.require('mocha/lib/reporters/spec');
  } catch {
    return null;
  }
}

module.exports = class {
  constructor(runner, options) {
    const write = (test, status, error) => {
      const titles = typeof test.titlePath === 'function' ? test.titlePath() : [test.title];
      const message = error ? textOf(error) : '';
      const file = test.file ?? test.parent?.file ?? '';
      appendFileSync(report, JSON.stringify({ file, name: titles.join(' > '), status, message }) + '\\n');
    };
    appendFileSync(report, '');
    const Spec = spec();
    if (Spec) this.inner = new Spec(runner, options);
    runner.on('pass', (test) => write(test, 'passed'));
    runner.on('pending', (test) => write(test, 'skipped'));
    runner.on('fail', (test, error) => write(test, test.type === 'hook' ? 'error' : 'failed', error));
  }
};
`;

export const mocha: Reporter = {
  request: (folder) => ({
    words: ['--require', join(folder, REPORTER), '--reporter', join(folder, REPORTER)],
    env: {},
    files: { [REPORTER]: SOURCE },
  }),
  only: (files) => files,
  read: readLineReports,
};
