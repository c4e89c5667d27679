import { join } from 'node:path';
import { readLineReports } from './line-report.ts';
import { type Reporter } from './reporter.ts';

const REPORTER = 'node-test-reporter.mjs';

/**
 * Node's own JUnit reporter names no file before Node 22, says `test failed` where a file did not load, and
 * is overwritten when a script runs Node's tests twice. This one, fed the same events, does none of that. A
 * process that a test starts inherits NODE_OPTIONS: it finds the name of the outer one and stays silent.
 */
const SOURCE = `import { appendFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const outer = process.env.PTC_NODE_TEST_PID;
const silent = outer !== undefined && outer !== String(process.pid);
process.env.PTC_NODE_TEST_PID ??= String(process.pid);
const report = join(dirname(fileURLToPath(import.meta.url)), process.pid + '.ndjson');

const textOf = (error) => {
  const cause = error?.cause ?? error;
  return typeof cause === 'object' && cause !== null ? String(cause.stack ?? cause.message) : String(cause);
};

export default async function* (events) {
  if (!silent) appendFileSync(report, '');
  const stderr = new Map();
  const names = [];
  let lastFailure = '';
  for await (const { type, data } of events) {
    if (silent) continue;
    if (type === 'test:stderr') {
      stderr.set(data.file, ((stderr.get(data.file) ?? '') + data.message).slice(0, 16000));
    } else if (type === 'test:start') {
      names.length = data.nesting;
      names[data.nesting] = data.name;
    } else if (type === 'test:pass' || type === 'test:fail') {
      const file = data.file ?? '';
      const error = type === 'test:fail' ? (data.details?.error ?? {}) : null;
      const nested = error?.failureType === 'subtestsFailed';
      if (data.details?.type === 'suite' && (error === null || nested)) continue;
      const isFile = data.nesting === 0 && file !== '' && resolve(data.name) === file;
      let status = error === null ? 'passed' : isFile || data.details?.type === 'suite' ? 'error' : 'failed';
      if (data.skip !== undefined || data.todo !== undefined) status = 'skipped';
      let message = '';
      if (error !== null) {
        message = nested ? lastFailure : textOf(error);
        if (isFile) message = (stderr.get(data.name) ?? stderr.get(file) ?? '') + '\\n' + message;
        lastFailure = message;
      }
      const path = names.slice(0, data.nesting).concat(data.name).join(' > ');
      appendFileSync(report, JSON.stringify({ file, name: isFile ? file : path, status, message }) + '\\n');
    }
  }
}
`;

export const nodeTest: Reporter = {
  request: (folder) => ({
    words: [],
    env: {
      NODE_OPTIONS: [
        `--test-reporter="${join(folder, REPORTER)}" --test-reporter-destination=stdout`,
        '--test-reporter=spec --test-reporter-destination=stdout',
      ].join(' '),
    },
    files: { [REPORTER]: SOURCE },
  }),
  only: (files) => files,
  read: readLineReports,
};
