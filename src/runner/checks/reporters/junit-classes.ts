import { lstat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { type CommandEnd } from '../../../protocol/proof.ts';
import { type TestCase } from '../check.ts';
import { readJavacErrors } from './javac-errors.ts';
import { type JunitCase } from './junit.ts';
import { repositoryPath } from './report-path.ts';
import { MAX_MESSAGE_LENGTH } from './reporter.ts';

const SOURCE_SETS = ['test', 'integrationTest', 'integration-test', 'it', 'functionalTest'];
const LANGUAGES = [
  ['java', 'java'],
  ['kotlin', 'kt'],
  ['groovy', 'groovy'],
] as const;

/**
 * A case of a JUnit report of Maven or Gradle, with the file of its class.
 *
 * @param module folder of the module that wrote the report, relative to the place
 */
export async function classCase(test: JunitCase, module: string, place: string): Promise<TestCase> {
  // Surefire puts a suffix for reports in parentheses.
  const [top = '', ...nested] = test.classname.replace(/\(.*\)$/, '').split('$');
  const file = await classFile(top, module, place);
  const { message, status } = test;
  if (status === 'error' && isWholeClass(test))
    return { file, name: file === '' ? top : file, status, message };
  // An exception in a test is a failure of it just as in other tools; only JUnit tells them apart.
  return {
    file,
    name: [...nested, test.name].join(' > '),
    status: status === 'error' ? 'failed' : status,
    message,
  };
}

/** What could not be set up has no method: JUnit 4, 5 and Gradle each name it in their way. */
function isWholeClass({ name, classname }: JunitCase): boolean {
  return ['', 'initializationError', 'classMethod', classname].includes(name);
}

async function classFile(name: string, module: string, place: string): Promise<string> {
  if (!/^[\w.]+$/.test(name)) return '';
  const path = name.replaceAll('.', '/');
  for (const set of SOURCE_SETS) {
    for (const [language, ending] of LANGUAGES) {
      const file = posix.join(module, 'src', set, language, `${path}.${ending}`);
      const found = await lstat(join(place, file)).catch(() => null);
      if (found?.isFile() === true) return file;
    }
  }
  return '';
}

const REFUSED = /COMPILATION ERROR|Compilation (?:failure|failed|error)/;

/** One case for each file that the compiler refused, where it was that which the command failed of. */
export function uncompiled(output: string, { exitCode }: CommandEnd, place: string): readonly TestCase[] {
  // Tests of compilers print such errors too.
  if (exitCode === 0 || !REFUSED.test(output)) return [];
  const byFile = new Map<string, string[]>();
  for (const error of readJavacErrors(output)) {
    const file = repositoryPath(error.file, place);
    byFile.set(file, [...(byFile.get(file) ?? []), error.message]);
  }
  return [...byFile].map(([file, messages]) => ({
    file,
    name: file,
    status: 'error',
    message: messages.join('\n').slice(0, MAX_MESSAGE_LENGTH),
  }));
}

/** The names of the classes of test files, without their packages. */
export function classNames(files: readonly string[]): readonly string[] {
  return files.map((file) => posix.basename(file).replace(/\.\w+$/, ''));
}
