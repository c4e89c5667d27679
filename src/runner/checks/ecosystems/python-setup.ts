import { shellWord } from '../shell-words.ts';
import { makeToolFolder, TOOL_FOLDER } from '../tool-folder.ts';
import { hasSection, isInstallable, keysOf, type PythonProject } from './python-project.ts';

/** Names under which projects commonly list what their tests need. */
const TEST_GROUPS: ReadonlySet<string> = new Set(['test', 'tests', 'testing', 'dev']);

const VENV = `${TOOL_FOLDER}/venv`;

/**
 * An environment for this tree alone, with the project in it in place (editable), so that its tests import
 * this tree's code; filled by the manager whose lock file there is.
 */
export function pythonSetup(project: PythonProject): readonly string[] {
  return [makeToolFolder, `python3 -m venv ${VENV}`, ...install(project)];
}

function install(project: PythonProject): readonly string[] {
  switch (project.manager) {
    case 'uv':
      return withUv(project);
    case 'poetry':
      return withPoetry(project);
    case 'pdm':
      return withPdm(project);
    case 'pip':
      return withPip(project);
  }
}

/** Inexact, because the environment holds more than the project asks for: uv itself, to begin with. */
function withUv({ pyproject }: PythonProject): readonly string[] {
  const env = `UV_PROJECT_ENVIRONMENT=${VENV} UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never`;
  const all = hasSection(pyproject, 'tool.uv.workspace') ? ['--all-packages'] : [];
  const extras = testExtras(pyproject).flatMap((extra) => ['--extra', extra]);
  const groups = testGroups(pyproject).flatMap((group) => ['--group', group]);
  return ['pip install uv', [env, 'uv sync --frozen --inexact', ...all, ...extras, ...groups].join(' ')];
}

function withPoetry({ pyproject }: PythonProject): readonly string[] {
  const extras = [...testExtras(pyproject), ...testKeys(pyproject, 'tool.poetry.extras')];
  const words = ['install', '--no-interaction', ...extras.flatMap((extra) => ['--extras', extra])];
  const own = `${TOOL_FOLDER}/poetry`;
  const poetry = `VIRTUAL_ENV="$PWD/${VENV}" ${own}/bin/poetry ${words.join(' ')}`;
  return [
    `python3 -m venv ${own}`,
    `${own}/bin/pip install poetry poetry-plugin-pypi-mirror`,
    // Poetry asks PyPI for pages that its mirrors often lack; by the plugin it asks for those that all have.
    `${poetry} || POETRY_PYPI_MIRROR_URL=https://pypi.org/simple/ ${poetry}`,
  ];
}

function withPdm({ pyproject }: PythonProject): readonly string[] {
  const groups = [...new Set([...testExtras(pyproject), ...testGroups(pyproject)])];
  const own = `${TOOL_FOLDER}/pdm`;
  const words = ['install --frozen-lockfile', ...groups.flatMap((group) => ['-G', group])];
  return [
    `python3 -m venv ${own}`,
    // PDM does not work with hishel 2 and does not say so.
    `${own}/bin/pip install pdm 'hishel<2'`,
    `PDM_IGNORE_SAVED_PYTHON=1 VIRTUAL_ENV="$PWD/${VENV}" ${own}/bin/pdm ${words.join(' ')}`,
  ];
}

function withPip(project: PythonProject): readonly string[] {
  const { pyproject, requirements } = project;
  const files = [...requirements.keys()];
  const extras = testExtras(pyproject);
  const target = extras.length === 0 ? '.' : `.[${extras.join(',')}]`;
  const groups = testGroups(pyproject);
  return [
    ...(files.length === 0 ? [] : [`pip install ${files.map((file) => `-r ${file}`).join(' ')}`]),
    ...(isInstallable(project) ? [`pip install -e ${shellWord(target)}`] : []),
    // Groups are newer than the pip that most Pythons bring along.
    ...(groups.length === 0
      ? []
      : ['pip install --upgrade pip', `pip install ${groups.map((group) => `--group ${group}`).join(' ')}`]),
  ];
}

function testExtras(pyproject: string): readonly string[] {
  return testKeys(pyproject, 'project.optional-dependencies');
}

function testGroups(pyproject: string): readonly string[] {
  return testKeys(pyproject, 'dependency-groups');
}

function testKeys(pyproject: string, table: string): readonly string[] {
  return keysOf(pyproject, table).filter((key) => TEST_GROUPS.has(key));
}
