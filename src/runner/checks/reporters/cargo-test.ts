import { type TestCase } from '../check.ts';
import { docFile, openCargoFiles } from './cargo-packages.ts';
import { type CargoTarget, readCargoOutput, type RustcError } from './cargo-output.ts';
import { repositoryPath } from './report-path.ts';
import { MAX_MESSAGE_LENGTH, type Reporter } from './reporter.ts';
import { readTranscript } from './transcript.ts';

const TRANSCRIPT = 'cargo-test.txt';

/** Only nightly's libtest writes JSON, so the text is read that everybody gets. */
export const cargoTest: Reporter = {
  request: () => ({
    words: ['--no-fail-fast'],
    env: { CARGO_TERM_COLOR: 'never' },
    files: {},
    transcript: TRANSCRIPT,
  }),
  only(files) {
    const words = files.flatMap((file) => {
      const name = /(?:^|\/)tests\/([^/]+?)(?:\.rs|\/main\.rs)$/.exec(file)?.[1];
      return name === undefined ? [] : [`--test=${name}`];
    });
    // Unit tests stand in the library or in a program: no option names one of their files.
    return words.length === files.length ? words : [];
  },
  async read(folder, place) {
    const text = await readTranscript(folder, TRANSCRIPT);
    if (text === null) return null;
    const { targets, errors } = readCargoOutput(text);
    if (targets.length === 0 && errors.length === 0) return null;
    const files = await openCargoFiles(place);
    const cases: TestCase[] = [...unbuilt(errors, place)];
    for (const target of targets) {
      for (const { name, status, message } of target.tests) {
        const file = await files.fileOf(target, name);
        const short = message.slice(0, MAX_MESSAGE_LENGTH);
        cases.push({ file, name: nameOf(target, name), status, message: short });
      }
      if (!target.complete) cases.push(endedEarly(await files.rootOf(target), target.crate));
    }
    return cases;
  },
};

/** Doc tests are told apart by their lines, which move with every change above them: here by their items. */
function nameOf({ kind }: CargoTarget, name: string): string {
  if (kind !== 'doc') return name;
  return `doc ${name
    .slice(docFile(name).length)
    .replace(/^ - /, '')
    .replace(/ ?\(line \d+\)$/, '')}`.trim();
}

function unbuilt(errors: readonly RustcError[], place: string): readonly TestCase[] {
  const located = errors.map(({ file, message }) => ({ file: repositoryPath(file, place), message }));
  return [...new Set(located.map((error) => error.file))].map((file) => {
    const own = located.filter((error) => error.file === file).map((error) => error.message);
    return { file, name: file, status: 'error', message: own.join('\n\n').slice(0, MAX_MESSAGE_LENGTH) };
  });
}

/** An abort ends all tests of a target at once and leaves unsaid which of them it was. */
function endedEarly(file: string, crate: string): TestCase {
  const message = 'The tests ended before all of them had run.';
  return { file, name: file === '' ? crate : file, status: 'error', message };
}
