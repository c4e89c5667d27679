import { join } from 'node:path';
import { withoutPlace } from '../lint/fault.ts';
import { readLineReports } from './line-report.ts';
import { printedCases } from './printed-faults.ts';
import { TRANSCRIPT } from './printed.ts';
import { type Reporter } from './reporter.ts';

const FORMATTER = 'eslint-formatter.cjs';

/**
 * ESLint has room for one formatter, and what goes into a file is not printed: this one does both. It is
 * CommonJS in a file of its own, which every version since 5 loads by its path.
 */
const SOURCE = `const { appendFileSync } = require('node:fs');
const { join } = require('node:path');

module.exports = (results) => {
  const report = join(__dirname, process.pid + '.ndjson');
  appendFileSync(report, '');
  const lines = [];
  for (const { filePath, messages } of results) {
    for (const { line, column, severity, ruleId, message } of messages) {
      const status = severity === 2 ? 'failed' : 'skipped';
      const name = ((ruleId ? ruleId + ' ' : '') + message).replace(/\\s+/g, ' ').trim();
      const where = line ? 'line ' + line : '';
      appendFileSync(report, JSON.stringify({ file: filePath, name, status, message: where }) + '\\n');
      const word = severity === 2 ? 'error' : 'warning';
      lines.push([filePath, line ?? 1, column ?? 1].join(':') + ': ' + word + ': ' + name);
    }
  }
  return lines.length === 0 ? '' : lines.join('\\n') + '\\n\\n' + lines.length + ' problems\\n';
};
`;

export const eslint: Reporter = {
  request: (folder) => ({
    words: ['--format', join(folder, FORMATTER)],
    env: {},
    files: { [FORMATTER]: SOURCE },
    transcript: TRANSCRIPT,
  }),
  only: () => [],
  // Where no words reach it, or something else in the same script has failed, the output tells.
  read: async (folder, place, end) => {
    const cases = await readLineReports(folder, place);
    if (cases === null) return await printedCases(folder, place, end);
    return cases.map((each) => ({ ...each, name: withoutPlace(each.name, place) }));
  },
};
