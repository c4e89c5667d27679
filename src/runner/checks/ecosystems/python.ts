import { glob } from 'node:fs/promises';
import { shellWord } from '../shell-words.ts';
import { makeToolFolder, TOOL_FOLDER } from '../tool-folder.ts';
import { readTreeFile } from '../tree-file.ts';
import { type Ecosystem } from './ecosystem.ts';

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

/** Names under which projects commonly list what their tests need. */
const TEST_GROUPS: ReadonlySet<string> = new Set(['test', 'tests', 'testing', 'dev']);

/** Python projects whose tests pytest runs (it runs unittest's too). */
export const python: Ecosystem = {
  name: 'python',
  async find(tree) {
    const manifests = await readManifests(tree);
    if (!configuresPytest(manifests) && !(await hasTestFiles(tree))) return null;
    return {
      setup: [
        makeToolFolder,
        `python3 -m venv ${TOOL_FOLDER}/venv`,
        ...(await requirementsSetup(tree)),
        ...projectSetup(manifests),
        'python -m pytest --version || pip install pytest',
      ],
      checks: [{ name: 'pytest', kind: 'test', command: 'python -m pytest', tool: 'pytest' }],
    };
  },
};

interface Manifests {
  readonly pyproject: string;
  readonly setupCfg: string;
  readonly toxIni: string;
  readonly hasSetupPy: boolean;
  readonly hasPytestIni: boolean;
}

async function readManifests(tree: string): Promise<Manifests> {
  const read = async (path: string): Promise<string | null> => await readTreeFile(tree, path);
  const [pyproject, setupCfg, toxIni, setupPy, pytestIni] = await Promise.all(
    ['pyproject.toml', 'setup.cfg', 'tox.ini', 'setup.py', 'pytest.ini'].map(read),
  );
  return {
    pyproject: pyproject ?? '',
    setupCfg: setupCfg ?? '',
    toxIni: toxIni ?? '',
    hasSetupPy: typeof setupPy === 'string',
    hasPytestIni: typeof pytestIni === 'string',
  };
}

function configuresPytest(manifests: Manifests): boolean {
  return (
    manifests.hasPytestIni ||
    hasSection(manifests.pyproject, 'tool.pytest') ||
    hasSection(manifests.setupCfg, 'tool:pytest') ||
    hasSection(manifests.toxIni, 'pytest')
  );
}

/** True for `[name]` and `[name.anything]`. */
function hasSection(text: string, name: string): boolean {
  return text.split('\n').some((line) => line.startsWith(`[${name}]`) || line.startsWith(`[${name}.`));
}

async function hasTestFiles(tree: string): Promise<boolean> {
  const exclude = ({ name }: { name: string }): boolean => name.startsWith('.') || name === 'node_modules';
  const patterns = ['{,*/,*/*/,*/*/*/}test_*.py', '{,*/,*/*/,*/*/*/}*_test.py'];
  for await (const entry of glob(patterns, { cwd: tree, withFileTypes: true, exclude })) {
    if (entry.isFile()) return true;
  }
  return false;
}

async function requirementsSetup(tree: string): Promise<readonly string[]> {
  const found = await Promise.all(
    REQUIREMENTS.map(async (path) => ((await readTreeFile(tree, path)) === null ? [] : [path])),
  );
  const files = found.flat();
  return files.length === 0 ? [] : [`pip install ${files.map((file) => `-r ${file}`).join(' ')}`];
}

function projectSetup(manifests: Manifests): readonly string[] {
  const { pyproject, setupCfg, hasSetupPy } = manifests;
  const installable =
    hasSetupPy ||
    hasSection(pyproject, 'build-system') ||
    hasSection(pyproject, 'project') ||
    hasSection(setupCfg, 'metadata');
  const extras = keysOf(pyproject, 'project.optional-dependencies').filter((key) => TEST_GROUPS.has(key));
  const target = extras.length === 0 ? '.' : `.[${extras.join(',')}]`;
  const groups = keysOf(pyproject, 'dependency-groups').filter((key) => TEST_GROUPS.has(key));
  return [
    ...(installable ? [`pip install -e ${shellWord(target)}`] : []),
    // Groups are newer than the pip that most Pythons bring along.
    ...(groups.length === 0
      ? []
      : ['pip install --upgrade pip', `pip install ${groups.map((group) => `--group ${group}`).join(' ')}`]),
  ];
}

/** The keys of one table of a TOML text; enough of TOML for tables of lists. */
function keysOf(toml: string, table: string): readonly string[] {
  const lines = toml.split('\n').map((line) => line.trim());
  const start = lines.indexOf(`[${table}]`);
  if (start === -1) return [];
  const length = lines.slice(start + 1).findIndex((line) => /^\[[\w."-]+\]/.test(line));
  const body = lines.slice(start + 1, length === -1 ? undefined : start + 1 + length);
  return body.flatMap((line) => /^["']?([\w-]+)["']?\s*=/.exec(line)?.[1] ?? []);
}
