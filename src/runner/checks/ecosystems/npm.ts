import { posix } from 'node:path';
import { type Check } from '../check.ts';
import { findNodeLinters } from '../lint/node-linters.ts';
import { readToolCommand } from '../tool-command.ts';
import { type Ecosystem, type FoundInFolder } from './ecosystem.ts';
import { readPackageJson, type PackageJson } from './package-json.ts';
import { readTreeFile } from '../tree-file.ts';
import { findPackageManager, type PackageManager } from './package-manager.ts';
import { workspaceMembers, workspaceRoot } from './workspace-members.ts';

/** What `npm init` writes; it always fails. */
const PLACEHOLDER = /no test specified/;

const SCRIPTS: Readonly<Record<Check['kind'], readonly string[]>> = {
  test: ['test'],
  lint: ['lint'],
  typecheck: ['typecheck', 'type-check', 'check-types', 'tsc'],
};

/** The names by which `bun test` knows its files. */
const BUN_TEST_FILE = /[._](?:test|spec)\.[cm]?[jt]sx?$/;

/** JavaScript and TypeScript packages under npm, pnpm, yarn or bun. */
export const npm: Ecosystem = {
  name: 'npm',
  manifests: /^package\.json$/,
  registries: ['registry.npmjs.org', 'registry.yarnpkg.com', 'repo.yarnpkg.com'],
  async find(tree, folder, files) {
    const manifest = await readPackageJson(tree, folder);
    if (manifest === null) return folder === '' ? bareTests(tree, files) : null;
    // A member of a workspace is under the manager of its root.
    const root = (await workspaceRoot(tree, folder)) ?? { folder, manifest };
    const manager = await findPackageManager(tree, root.folder, root.manifest);
    const kinds = ['test', 'lint', 'typecheck'] as const;
    const scripted = kinds.flatMap((kind) => findCheck(kind, manifest, manager));
    const checks = [...scripted, ...findNodeLinters(manifest, manager.name, files, scripted)];
    const members = await workspaceMembers(tree, folder, manifest);
    // Where there are members they are asked for tests of their own.
    const mayTest =
      manager.name === 'bun' && members.length === 0 && !checks.some(({ kind }) => kind === 'test');
    const bunTests = mayTest && files.some((file) => BUN_TEST_FILE.test(file)) ? [BUN_TEST] : [];
    return { setup: manager.setup, checks: [...bunTests, ...checks], members };
  },
};

/** Node's own tests in a tree that names no package anywhere. */
async function bareTests(tree: string, files: readonly string[]): Promise<FoundInFolder | null> {
  if (files.some((file) => posix.basename(file) === 'package.json')) return null;
  const tests = files
    .filter((file) => /[._-]test\.[cm]?js$|(?:^|\/)test\/[^/]+\.[cm]?js$/.test(file))
    .slice(0, MAX_BARE_TESTS);
  const texts = await Promise.all(tests.map((file) => readTreeFile(tree, file)));
  const isNodeTest = texts.some((text) => text !== null && /['"]node:test['"]/.test(text));
  return isNodeTest ? { setup: [], checks: [NODE_TEST], members: [] } : null;
}

const MAX_BARE_TESTS = 20;

const NODE_TEST = { name: 'test', kind: 'test', command: 'node --test', tool: 'node-test' } as const;

const BUN_TEST = { name: 'test', kind: 'test', command: 'bun test', tool: 'bun-test' } as const;

function findCheck(
  kind: Check['kind'],
  manifest: PackageJson,
  { runScript }: PackageManager,
): FoundInFolder['checks'] {
  const script = SCRIPTS[kind].find((name) => {
    const text = manifest.scripts[name] ?? '';
    return text.trim() !== '' && !PLACEHOLDER.test(text);
  });
  if (script === undefined) return [];
  const command = runScript(script);
  const { tool } = readToolCommand(command, manifest.scripts, kind);
  return [{ name: kind, kind, command, tool }];
}
