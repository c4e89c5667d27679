import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import * as z from 'zod';
import { type TestCase } from '../check.ts';
import { readPlainFile } from '../tree-file.ts';
import { repositoryPath, withImporters } from './report-path.ts';
import { MAX_MESSAGE_LENGTH, MAX_REPORT_BYTES, type Reporter } from './reporter.ts';

const REPORT = 'jest.json';

const JestReport = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string(),
      assertionResults: z.array(
        z.object({
          ancestorTitles: z.array(z.string()),
          title: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});
type FileResult = z.infer<typeof JestReport>['testResults'][number];

export const jest: Reporter = {
  request: (folder) => ({
    words: ['--json', `--outputFile=${join(folder, REPORT)}`],
    env: {},
    files: {},
  }),
  only: (files) => ['--runTestsByPath', ...files],
  async read(folder, place) {
    const text = await readPlainFile(join(folder, REPORT), MAX_REPORT_BYTES);
    if (text === null) return null;
    const report = JestReport.parse(JSON.parse(text));
    return report.testResults
      .flatMap((result) => casesOf(result, repositoryPath(result.name, place)))
      .map((test) => ({ ...test, message: withImporters(test.message, place) }));
  },
};

function casesOf(result: FileResult, file: string): readonly TestCase[] {
  if (result.status === 'failed' && result.assertionResults.length === 0) {
    return [{ file, name: file, status: 'error', message: shorten(result.message) }];
  }
  return result.assertionResults.map((test) => ({
    file,
    name: [...test.ancestorTitles, test.title].join(' > '),
    status: statusOf(test.status),
    message: shorten((test.failureMessages ?? []).join('\n')),
  }));
}

function statusOf(status: string): TestCase['status'] {
  return status === 'passed' || status === 'failed' ? status : 'skipped';
}

function shorten(message: string): string {
  return stripVTControlCharacters(message).slice(0, MAX_MESSAGE_LENGTH);
}
