import { posix } from 'node:path';
import { shellWord } from '../shell-words.ts';
import { makeToolFolder, TOOL_FOLDER } from '../tool-folder.ts';
import { readTreeFile } from '../tree-file.ts';
import { type Ecosystem } from './ecosystem.ts';

/** Where NuGet keeps packages: nothing outside of the tree outlives the set-up. */
const DOTNET = `NUGET_PACKAGES="$PWD/${TOOL_FOLDER}/nuget" dotnet`;

const SOLUTION = /^[^/]+\.slnx?$/;
const PROJECT = /\.(?:cs|fs|vb)proj$/;

/** What a project that `dotnet test` runs tests of refers to. */
const TEST_PROJECT = /Microsoft\.NET\.Test\.Sdk|MSTest\.Sdk|<IsTestProject>\s*true/i;

/** No more projects than this are looked into for tests. */
const MAX_PROJECTS = 100;

/** .NET solutions with test projects, and test projects by themselves. */
export const dotnet: Ecosystem = {
  name: 'dotnet',
  manifests: /\.(?:slnx?|(?:cs|fs|vb)proj)$/,
  registries: ['api.nuget.org'],
  async find(tree, folder, files) {
    const solutions = files.filter((file) => SOLUTION.test(file));
    const here = files.filter((file) => PROJECT.test(file) && !file.includes('/'));
    const target = solutions[0] ?? here[0];
    if (target === undefined) return null;
    const projects = solutions.length > 0 ? files.filter((file) => PROJECT.test(file)) : here;
    if (!(await hasTests(tree, folder, projects))) return null;
    // Where there are several, the tool wants one named.
    const named = solutions.length + here.length > 1 ? ` ${shellWord(target)}` : '';
    return {
      members: solutions.length > 0 ? ['**'] : [],
      setup: [makeToolFolder, `${DOTNET} restore${named}`],
      checks: [
        {
          name: 'test',
          kind: 'test',
          command: `${DOTNET} test --no-restore${named}`,
          tool: 'dotnet-test',
        },
      ],
    };
  },
};

async function hasTests(tree: string, folder: string, projects: readonly string[]): Promise<boolean> {
  for (const project of projects.slice(0, MAX_PROJECTS)) {
    const text = await readTreeFile(tree, posix.join(folder, project));
    if (text !== null && TEST_PROJECT.test(text)) return true;
  }
  return false;
}
