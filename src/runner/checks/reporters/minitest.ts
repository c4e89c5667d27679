import { type TestCase } from '../check.ts';
import { findClassFiles } from './class-files.ts';
import { readPrinted, TRANSCRIPT } from './printed.ts';
import { MAX_MESSAGE_LENGTH, type Reporter } from './reporter.ts';

const STATUSES: Readonly<Record<string, TestCase['status']>> = {
  '.': 'passed',
  F: 'failed',
  E: 'failed',
  S: 'skipped',
};

/** Minitest under Rake, which keeps no report: told to be verbose, it prints a line for every test. */
export const minitest: Reporter = {
  request: () => ({ words: [], env: { TESTOPTS: '-v' }, files: {}, transcript: TRANSCRIPT }),
  only: (files) => [`TEST=${files.length === 1 ? files.join('') : `{${files.join(',')}}`}`],
  async read(folder, place, end) {
    const output = await readPrinted(folder, end);
    const tests = output === null ? null : readOutput(output);
    if (tests === null) return null;
    const fileOf = await findClassFiles(place, 'rb');
    const cases: TestCase[] = [];
    for (const { className, ...test } of tests) cases.push({ file: await fileOf(className), ...test });
    return cases;
  },
};

interface PrintedTest extends Omit<TestCase, 'file'> {
  readonly className: string;
}

/** Null unless the lines are as many as the tests that Minitest says it ran. */
function readOutput(output: string): readonly PrintedTest[] | null {
  const messages = readMessages(output);
  const tests = [
    ...output.matchAll(/^(?<className>[\w:]+)#(?<test>.+) = \d+\.\d+ s = (?<mark>[.FES])$/gm),
  ].map(({ groups = {} }): PrintedTest => {
    const { className = '', test = '', mark = '' } = groups;
    const name = `${className}#${test}`;
    return { className, name, status: STATUSES[mark] ?? 'failed', message: messages.get(name) ?? '' };
  });
  const runs = [...output.matchAll(/^(\d+) runs, \d+ assertions, /gm)].map(([, count]) => Number(count));
  const total = runs.reduce((sum, count) => sum + count, 0);
  return runs.length > 0 && total === tests.length ? tests : null;
}

/** What is printed of each test that failed, by its name. */
function readMessages(output: string): ReadonlyMap<string, string> {
  const sections = output.split(/^ +\d+\) (?=Failure:|Error:)/m).slice(1);
  return new Map(
    sections.map((section) => {
      const [kind = '', title = '', ...lines] = section.split('\n');
      const end = lines.indexOf('');
      const text = [kind, ...lines.slice(0, end === -1 ? undefined : end)].join('\n');
      return [title.replace(/(?: \[.*\])?:$/, ''), text.trim().slice(0, MAX_MESSAGE_LENGTH)];
    }),
  );
}
