import { readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { type TestCase } from '../check.ts';
import { readTreeFile } from '../tree-file.ts';
import { folderOf, readModules } from './go-modules.ts';
import { type GoError, readGoOutput } from './go-output.ts';
import { repositoryPath } from './report-path.ts';
import { MAX_MESSAGE_LENGTH, type Reporter } from './reporter.ts';
import { readTranscript } from './transcript.ts';

const TRANSCRIPT = 'go-test.txt';

const TEST_FUNCTION = /^func ((?:Test|Example|Fuzz|Benchmark)[\p{L}\p{N}_]*)\s*\(/gmu;

/**
 * `go test -json` says no more than `-v` does, which people can read too. It is asked for by the environment,
 * so that it reaches a `go test` inside of another command. Results are never taken from Go's cache.
 */
export const goTest: Reporter = {
  request: () => ({
    words: [],
    env: { GOFLAGS: '-buildvcs=false -v -count=1' },
    files: {},
    transcript: TRANSCRIPT,
  }),
  async only(files, place) {
    const found = await Promise.all(files.map((file) => testFunctions(place, file)));
    if (found.some((names) => names.length === 0)) return [];
    return ['-run', `^(?:${[...new Set(found.flat())].join('|')})$`];
  },
  async read(folder, place) {
    const text = await readTranscript(folder, TRANSCRIPT);
    if (text === null) return null;
    const { tests, unbuilt, errors } = readGoOutput(text);
    if (tests.length === 0 && unbuilt.length === 0) return null;
    const lookUp = await openLookUp(place);
    const cases: TestCase[] = [];
    for (const { package: path, name, status, message } of tests) {
      const file = await lookUp.file(path, name);
      cases.push({ file, name, status, message: message.slice(0, MAX_MESSAGE_LENGTH) });
    }
    const located = errors.map((error) => ({ ...error, file: repositoryPath(error.file, place) }));
    for (const path of unbuilt) {
      cases.push(...unloaded(await lookUp.testFiles(path), located));
    }
    return cases;
  },
};

async function testFunctions(place: string, file: string): Promise<readonly string[]> {
  const text = await readTreeFile(place, file);
  return [...(text ?? '').matchAll(TEST_FUNCTION)].flatMap(([, name]) => name ?? []);
}

/** The test files with errors of their own; all of the package's where it is something else that fails. */
function unloaded(files: readonly string[], errors: readonly GoError[]): readonly TestCase[] {
  const own = errors.filter(({ file }) => files.includes(file));
  const blamed = own.length === 0 ? errors : own;
  const failing = own.length === 0 ? files : files.filter((file) => own.some((error) => error.file === file));
  return failing.map((file) => {
    const told = own.length === 0 ? blamed : blamed.filter((error) => error.file === file);
    const message = told.map((error) => error.message).join('\n');
    return { file, name: file, status: 'error', message: message.slice(0, MAX_MESSAGE_LENGTH) };
  });
}

interface LookUp {
  /** The file with the function of a test; empty when there is none. */
  file(path: string, test: string): Promise<string>;
  testFiles(path: string): Promise<readonly string[]>;
}

/** Go names packages by import path and tells no files: they are found by the functions in them. */
async function openLookUp(place: string): Promise<LookUp> {
  const modules = await readModules(place);
  const packages = new Map<string, Promise<ReadonlyMap<string, readonly string[]>>>();

  async function readPackage(path: string): Promise<ReadonlyMap<string, readonly string[]>> {
    const folder = folderOf(path, modules);
    const entries = folder === null ? [] : await readdir(join(place, folder)).catch(() => []);
    const files = entries
      .filter((name) => name.endsWith('_test.go'))
      .map((name) => posix.join(folder ?? '', name));
    return new Map(
      await Promise.all(files.map(async (file) => [file, await testFunctions(place, file)] as const)),
    );
  }
  function packageOf(path: string): Promise<ReadonlyMap<string, readonly string[]>> {
    const known = packages.get(path) ?? readPackage(path);
    packages.set(path, known);
    return known;
  }
  return {
    async file(path, test) {
      const name = test.split('/', 1)[0] ?? '';
      const found = [...(await packageOf(path))].find(([, functions]) => functions.includes(name));
      return found?.[0] ?? '';
    },
    testFiles: async (path) => [...(await packageOf(path)).keys()],
  };
}
