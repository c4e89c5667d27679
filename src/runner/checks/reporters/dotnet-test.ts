import { readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { type TestCase } from '../check.ts';
import { readFaultText } from '../lint/fault-text.ts';
import { readPlainFile } from '../tree-file.ts';
import { findClassFiles } from './class-files.ts';
import { readPrinted, TRANSCRIPT } from './printed.ts';
import { repositoryPath } from './report-path.ts';
import { asElement, asList, decode, type Element, parseXml } from './report-xml.ts';
import { MAX_MESSAGE_LENGTH, MAX_REPORT_BYTES, type Reporter } from './reporter.ts';

/** Each test project writes a report of its own. */
const MAX_REPORTS = 100;

const FAILED = new Set(['Failed', 'Error', 'Timeout', 'Aborted', 'Disconnected']);

export const dotnetTest: Reporter = {
  request: (folder) => ({
    words: ['--logger', 'trx', '--results-directory', folder],
    env: { DOTNET_CLI_TELEMETRY_OPTOUT: '1', DOTNET_NOLOGO: '1' },
    files: {},
    transcript: TRANSCRIPT,
  }),
  /** Classes are called like their files. */
  only: (files) => {
    const names = files.map((file) => posix.basename(file).replace(/\.\w+$/, ''));
    const tests = names.filter((name) => /^\w+$/.test(name)).map((name) => `FullyQualifiedName~${name}`);
    return tests.length === 0 ? [] : ['--filter', tests.join('|')];
  },
  async read(folder, place, end) {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.trx')).slice(0, MAX_REPORTS);
    const tests: TrxTest[] = [];
    let leftBytes = MAX_REPORT_BYTES;
    for (const name of names.sort()) {
      const text = await readPlainFile(join(folder, name), leftBytes);
      if (text === null) return null;
      leftBytes -= Buffer.byteLength(text);
      tests.push(...parseTrx(text));
    }
    return names.length === 0
      ? uncompiled(place, (await readPrinted(folder, end)) ?? '')
      : await withFiles(tests, place);
  },
};

/** Where the compiler refuses, no test is run: one case for each file that it names. Null where it names none. */
function uncompiled(place: string, output: string): readonly TestCase[] | null {
  const errors = readFaultText(output).filter(
    ({ text, severity }) => severity === 'error' && /^[A-Z]+\d+: /.test(text),
  );
  const byFile = Map.groupBy(errors, ({ file }) => repositoryPath(file, place));
  if (byFile.size === 0) return null;
  return [...byFile].map(([file, faults]) => {
    const lines = faults.map(({ line, text }) => `${file}(${line}): error ${text}`);
    // All errors are printed once more at the end.
    const message = [...new Set(lines)].join('\n').slice(0, MAX_MESSAGE_LENGTH);
    return { file, name: file, status: 'error', message };
  });
}

/** A result, with the class that its test is a method of. */
interface TrxTest {
  readonly className: string;
  readonly name: string;
  readonly status: TestCase['status'];
  readonly message: string;
}

/** @throws Error when the text is no report of Visual Studio's test platform */
export function parseTrx(xml: string): readonly TrxTest[] {
  const document = parseXml(xml, ['UnitTestResult', 'UnitTest']);
  if (document['TestRun'] === undefined) throw new Error('There is no TestRun in the report.');
  const run = asElement(document['TestRun']);
  const classes = new Map(
    asList(asElement(run['TestDefinitions'])['UnitTest']).map((each) => {
      const test = asElement(each);
      // Older adapters add the assembly after a comma.
      const [name = ''] = decode(asElement(test['TestMethod'])['className']).split(',');
      return [decode(test['id']), name];
    }),
  );
  return asList(asElement(run['Results'])['UnitTestResult']).map((each) => {
    const result = asElement(each);
    const className = classes.get(decode(result['testId'])) ?? '';
    return { className, ...outcomeOf(result, className) };
  });
}

function outcomeOf(result: Element, className: string): Omit<TrxTest, 'className'> {
  const name = decode(result['testName']);
  const outcome = decode(result['outcome']);
  const error = asElement(asElement(result['Output'])['ErrorInfo']);
  const message = [error['Message'], error['StackTrace']].map((part) => decode(part).trim());
  return {
    // Some adapters put the class before the name, some do not.
    name: className === '' || name.startsWith(`${className}.`) ? name : `${className}.${name}`,
    status: outcome === 'Passed' ? 'passed' : FAILED.has(outcome) ? 'failed' : 'skipped',
    message: message
      .filter((part) => part !== '')
      .join('\n')
      .slice(0, MAX_MESSAGE_LENGTH),
  };
}

async function withFiles(tests: readonly TrxTest[], place: string): Promise<readonly TestCase[]> {
  const fileOf = await findClassFiles(place, 'cs');
  const cases: TestCase[] = [];
  for (const { className, name, status, message } of tests) {
    cases.push({ file: await fileOf(className), name, status, message });
  }
  return cases;
}
