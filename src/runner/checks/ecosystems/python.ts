import { posix } from 'node:path';
import { findPythonLinters } from '../lint/python-linters.ts';
import { readTreeFile } from '../tree-file.ts';
import { type Ecosystem } from './ecosystem.ts';
import { hasSection, listOf, type PythonProject, readPythonProject } from './python-project.ts';
import { pythonSetup } from './python-setup.ts';
import { findPythonTests, isTestFolder, PYTHON_MANIFESTS } from './python-tests.ts';

/** Python projects, installed by uv, Poetry, PDM or pip and tested by pytest or unittest. */
export const python: Ecosystem = {
  name: 'python',
  manifests: PYTHON_MANIFESTS,
  registries: ['pypi.org', 'files.pythonhosted.org'],
  async find(tree, folder, files) {
    if (
      isTestFolder(
        folder,
        files.map((file) => `${folder}/${file}`),
      )
    )
      return null;
    const project = await readPythonProject(tree, folder);
    const tests = await findPythonTests(tree, folder, project, files);
    const members = workspaceMembers(project);
    if (tests === null && members.length === 0) return null;
    const linters = await findPythonLinters((path) => readTreeFile(tree, posix.join(folder, path)));
    const needsPytest = tests?.tool !== 'unittest';
    return {
      setup: pythonSetup(project, [
        ...(needsPytest ? ['python -m pytest --version || pip install pytest'] : []),
        ...linters.setup,
      ]),
      checks: [
        ...(tests === null ? [] : [{ name: tests.tool, kind: 'test', ...tests } as const]),
        ...linters.checks,
      ],
      members,
    };
  },
};

/** Of a workspace of uv, which has one environment for all its members. */
function workspaceMembers({ manager, pyproject }: PythonProject): readonly string[] {
  if (manager !== 'uv' || !hasSection(pyproject, 'tool.uv.workspace')) return [];
  const excluded = listOf(pyproject, 'tool.uv.workspace', 'exclude').map((pattern) => `!${pattern}`);
  return [...listOf(pyproject, 'tool.uv.workspace', 'members'), ...excluded];
}
