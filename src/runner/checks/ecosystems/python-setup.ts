import { shellWord } from '../shell-words.ts';
import { makeToolFolder, TOOL_FOLDER } from '../tool-folder.ts';
import { hasSection, isInstallable, keysOf, type PythonProject } from './python-project.ts';

/** Names under which projects commonly list what their tests need. */
const TEST_GROUPS: ReadonlySet<string> = new Set(['test', 'tests', 'testing', 'dev']);

const VENV = `${TOOL_FOLDER}/venv`;

/**
 * An environment for this tree alone, with the project in it in place (editable), so that its tests import
 * this tree's code; filled by the manager whose lock file there is.
 * @param tools commands that install what checks need besides
 */
export function pythonSetup(project: PythonProject, tools: readonly string[]): readonly string[] {
  const installs = [...install(project), ...tools];
  const make = `python3 -m venv ${VENV}`;
  return [makeToolFolder, installs.length === 0 ? withoutPip(make) : make, ...installs];
}

/** Pip takes most of the time that an environment takes; one in which nothing is installed does without. */
const withoutPip = (command: string): string => command.replace(VENV, `--without-pip ${VENV}`);

/** A command that makes an environment, as one that makes an environment to install into. */
export const toInstallInto = (command: string): string =>
  makesEnvironment(command) ? command.replace('--without-pip ', '') : command;

/** True for the command, wherever it is typed, that makes such an environment. */
export const makesEnvironment = (command: string): boolean =>
  [`python3 -m venv ${VENV}`, withoutPip(`python3 -m venv ${VENV}`)].some((make) => command.endsWith(make));

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

const WITH_UV = `UV_PYTHON_DOWNLOADS=never VIRTUAL_ENV="$PWD/${VENV}"`;

/** Inexact, because the environment holds more than the project asks for: uv itself, to begin with. */
function withUv({ pyproject }: PythonProject): readonly string[] {
  const all = hasSection(pyproject, 'tool.uv.workspace') ? ['--all-packages'] : [];
  const extras = testExtras(pyproject).flatMap((extra) => ['--extra', extra]);
  const groups = testGroups(pyproject).flatMap((group) => ['--group', group]);
  // By copies, not by links into the cache: what one tree does to its packages must not reach the other.
  const sync = `UV_LINK_MODE=copy ${WITH_UV} uv sync --active --frozen --inexact`;
  return ['pip install uv', [sync, ...all, ...extras, ...groups].join(' ')];
}

/** Poetry is far faster fetched by uv than by pip, and so kept out of the project's environment. */
function withPoetry({ pyproject }: PythonProject): readonly string[] {
  const extras = [...testExtras(pyproject), ...testKeys(pyproject, 'tool.poetry.extras')];
  const words = ['install', '--no-interaction', ...extras.flatMap((extra) => ['--extras', extra])];
  const poetry = `${WITH_UV} uvx --with poetry-plugin-pypi-mirror poetry ${words.join(' ')}`;
  return [
    'pip install uv',
    // Poetry asks PyPI for pages that its mirrors often lack; by the plugin it asks for those that all have.
    `${poetry} || POETRY_PYPI_MIRROR_URL=https://pypi.org/simple/ ${poetry}`,
  ];
}

function withPdm({ pyproject }: PythonProject): readonly string[] {
  const groups = [...new Set([...testExtras(pyproject), ...testGroups(pyproject)])];
  const words = ['install', '--frozen-lockfile', ...groups.flatMap((group) => ['-G', group])];
  // PDM does not work with hishel 2 and does not say so.
  const pdm = `PDM_IGNORE_SAVED_PYTHON=1 ${WITH_UV} uvx --with 'hishel<2' pdm`;
  return ['pip install uv', `${pdm} ${words.join(' ')}`];
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
