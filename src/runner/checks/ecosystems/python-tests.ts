import { posix } from 'node:path';
import { readTreeFile } from '../tree-file.ts';
import { hasSection, isInstallable, type PythonProject } from './python-project.ts';

export const PYTHON_MANIFESTS =
  /^(?:pyproject\.toml|setup\.(?:py|cfg)|tox\.ini|pytest\.ini|requirements\.txt)$/;

/** Where projects say how their tests are run. */
const DOCUMENTS = [
  'README.md',
  'README.rst',
  'README.txt',
  'README',
  'CONTRIBUTING.md',
  'CONTRIBUTING.rst',
  'Makefile',
  ...['ci', 'test', 'tests', 'python', 'python-package', 'main', 'build'].map(
    (name) => `.github/workflows/${name}.yml`,
  ),
];

export interface PythonTests {
  readonly tool: 'pytest' | 'unittest';
  readonly command: string;
}

/**
 * How the project's tests are run: by pytest, which runs unittest's too, unless pytest is named nowhere and
 * the project's own documents say `python -m unittest`. Null without tests.
 */
export async function findPythonTests(
  tree: string,
  folder: string,
  project: PythonProject,
  files: readonly string[],
): Promise<PythonTests | null> {
  const pytest = { tool: 'pytest', command: 'python -m pytest' } as const;
  if (configuresPytest(project)) return pytest;
  const own = ownFiles(files);
  const hasTests = own.some((file) => /(?:^|\/)(?:test_[^/]*|[^/]*_test)\.py$/.test(file));
  const { pyproject, setupCfg, setupPy, toxIni, requirements } = project;
  const texts = [pyproject, setupCfg, setupPy, toxIni, ...requirements.values()];
  for (const path of DOCUMENTS) texts.push((await readTreeFile(tree, posix.join(folder, path))) ?? '');
  const documented = texts.some((text) => /\bpytest\b/.test(text)) ? null : documentedUnittest(texts);
  if (documented === null) {
    if (!hasTests) return null;
    return (await isPlainUnittest(tree, folder, project, own)) ? PLAIN_UNITTEST : pytest;
  }
  if (!own.some((file) => /(?:^|\/)test[^/]*\.py$/.test(file))) return null;
  // A source folder that cannot be installed has to be put on Python's path, in front of what is there.
  const needsPath = !isInstallable(project) && own.some((file) => /^src\/[^/]+\/__init__\.py$/.test(file));
  const command = needsPath ? `PYTHONPATH="src:$PYTHONPATH" ${documented}` : documented;
  return { tool: 'unittest', command };
}

const PLAIN_UNITTEST = { tool: 'unittest', command: 'python -m unittest' } as const;

/**
 * A handful of files without any manifest whose tests lie beside them and use what Python brings along: for these
 * nothing has to be installed.
 */
async function isPlainUnittest(
  tree: string,
  folder: string,
  { pyproject, setupCfg, setupPy, toxIni, requirements }: PythonProject,
  own: readonly string[],
): Promise<boolean> {
  if ([pyproject, setupCfg, setupPy, toxIni, ...requirements.values()].some((text) => text !== ''))
    return false;
  const tests = own.filter((file) => /(?:^|\/)(?:test[^/]*|[^/]*_test)\.py$/.test(file));
  if (own.includes('conftest.py') || !tests.every((file) => /^test[^/]*$/.test(file))) return false;
  const texts = await Promise.all(tests.map((file) => readTreeFile(tree, posix.join(folder, file))));
  return texts.every(
    (text) =>
      text !== null &&
      /\bimport unittest\b|\bfrom unittest\b/.test(text) &&
      !/\bpytest\b|^def test/m.test(text),
  );
}

function configuresPytest({ hasPytestIni, pyproject, setupCfg, toxIni }: PythonProject): boolean {
  return (
    hasPytestIni ||
    hasSection(pyproject, 'tool.pytest') ||
    hasSection(setupCfg, 'tool:pytest') ||
    hasSection(toxIni, 'pytest')
  );
}

/** Files of packages further below are theirs; requirements among the tests make no package of them. */
function ownFiles(files: readonly string[]): readonly string[] {
  const nested = files
    .filter((file) => file.includes('/') && PYTHON_MANIFESTS.test(posix.basename(file)))
    .map((file) => posix.dirname(file))
    .filter((folder) => !isTestFolder(folder, files));
  return files.filter((file) => !nested.some((folder) => file.startsWith(`${folder}/`)));
}

/** True for a folder of tests that is no project by itself. */
export function isTestFolder(folder: string, files: readonly string[]): boolean {
  const projects = ['pyproject.toml', 'setup.py'].map((name) => posix.join(folder, name));
  return /(?:^|\/)tests?$/.test(folder) && !projects.some((path) => files.includes(path));
}

/** The command in one of the texts that runs all tests, not some module's. */
function documentedUnittest(texts: readonly string[]): string | null {
  for (const text of texts) {
    for (const [, words = ''] of text.matchAll(/\bpython3?\s+-m\s+unittest\b((?:[ \t]+[\w./*'"=-]+)*)/g)) {
      const command = wholeRun(words.trim().split(/\s+/));
      if (command !== null) return command;
    }
  }
  return null;
}

/** Options, and `discover` with what belongs to it; prose may follow. A module's name means a part only. */
function wholeRun(words: readonly string[]): string | null {
  const kept: string[] = [];
  for (const word of words) {
    const last = kept.at(-1) ?? '';
    const belongs = /^-[stp]$/.test(last) || (last === 'discover' && /^[^-].*[./_]|^tests?$/.test(word));
    if (belongs || word === 'discover' || /^-(?:[vfcb]+|[stp]|-[a-z-]+)$/.test(word)) kept.push(word);
    else if (/[./_]\w/.test(word)) return null;
    else break;
  }
  return ['python -m unittest', ...kept].join(' ');
}
