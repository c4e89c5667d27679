import { posix } from 'node:path';
import { readTreeFile } from '../tree-file.ts';

const REQUIREMENTS = [
  'requirements.txt',
  'requirements-dev.txt',
  'requirements_dev.txt',
  'dev-requirements.txt',
  'requirements-test.txt',
  'requirements_test.txt',
  'test-requirements.txt',
  'requirements/dev.txt',
  'requirements/test.txt',
];

/** A lock file may be large. */
const MAX_LOCK_BYTES = 50_000_000;

/** A Python project's manifests, as texts. Empty where they are not there. */
export interface PythonProject {
  readonly pyproject: string;
  readonly setupCfg: string;
  readonly setupPy: string;
  readonly toxIni: string;
  readonly hasPytestIni: boolean;
  /** Requirement files by path, with their texts. */
  readonly requirements: ReadonlyMap<string, string>;
  /** Whose lock file there is; Poetry also where it is what the project is described for. */
  readonly manager: 'uv' | 'poetry' | 'pdm' | 'pip';
}

export async function readPythonProject(tree: string, folder: string): Promise<PythonProject> {
  const read = async (path: string, maxBytes?: number): Promise<string> =>
    (await readTreeFile(tree, posix.join(folder, path), maxBytes)) ?? '';
  const isThere = async (path: string): Promise<boolean> =>
    (await readTreeFile(tree, posix.join(folder, path), MAX_LOCK_BYTES)) !== null;
  const pyproject = await read('pyproject.toml');
  const requirements = new Map<string, string>();
  for (const path of REQUIREMENTS) if (await isThere(path)) requirements.set(path, await read(path));
  return {
    pyproject,
    setupCfg: await read('setup.cfg'),
    setupPy: await read('setup.py'),
    toxIni: await read('tox.ini'),
    hasPytestIni: await isThere('pytest.ini'),
    requirements,
    manager: await findManager(pyproject, isThere),
  };
}

/** All texts in which a project of a folder names what it depends on. */
export async function manifestTexts(tree: string, folder: string): Promise<readonly string[]> {
  const { pyproject, setupCfg, setupPy, requirements } = await readPythonProject(tree, folder);
  return [pyproject, setupCfg, setupPy, ...requirements.values()];
}

async function findManager(
  pyproject: string,
  isThere: (path: string) => Promise<boolean>,
): Promise<PythonProject['manager']> {
  if (pyproject === '') return 'pip';
  if (await isThere('uv.lock')) return 'uv';
  if ((await isThere('poetry.lock')) || hasSection(pyproject, 'tool.poetry')) return 'poetry';
  return (await isThere('pdm.lock')) ? 'pdm' : 'pip';
}

/** True when pip can install the project itself. */
export function isInstallable({ pyproject, setupCfg, setupPy }: PythonProject): boolean {
  return (
    setupPy !== '' ||
    hasSection(pyproject, 'build-system') ||
    hasSection(pyproject, 'project') ||
    hasSection(setupCfg, 'metadata')
  );
}

/** True for `[name]` and `[name.anything]`. */
export function hasSection(text: string, name: string): boolean {
  return text.split('\n').some((line) => line.startsWith(`[${name}]`) || line.startsWith(`[${name}.`));
}

/** The keys of one table of a TOML text; enough of TOML for tables of lists. */
export function keysOf(toml: string, table: string): readonly string[] {
  return tableOf(toml, table).flatMap((line) => /^["']?([\w-]+)["']?\s*=/.exec(line)?.[1] ?? []);
}

/** The texts in a list of a table of a TOML text; enough of TOML for lists of plain texts. */
export function listOf(toml: string, table: string, key: string): readonly string[] {
  const body = tableOf(toml, table).join('\n');
  const list = new RegExp(`^${key}\\s*=\\s*\\[([^\\]]*)\\]`, 'm').exec(body)?.[1] ?? '';
  return [...list.matchAll(/"([^"]*)"|'([^']*)'/g)].map(([, double, single]) => double ?? single ?? '');
}

function tableOf(toml: string, table: string): readonly string[] {
  const lines = toml.split('\n').map((line) => line.trim());
  const start = lines.indexOf(`[${table}]`);
  if (start === -1) return [];
  const length = lines.slice(start + 1).findIndex((line) => /^\[[\w."-]+\]/.test(line));
  return lines.slice(start + 1, length === -1 ? undefined : start + 1 + length);
}
