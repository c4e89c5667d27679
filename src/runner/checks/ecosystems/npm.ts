import { type Check } from '../check.ts';
import { readTestCommand } from '../test-command.ts';
import { type Ecosystem } from './ecosystem.ts';
import { readPackageJson, type PackageJson } from './package-json.ts';
import { findPackageManager } from './package-manager.ts';

/** What `npm init` writes; it always fails. */
const PLACEHOLDER = /no test specified/;

const SCRIPTS: Readonly<Record<Check['kind'], readonly string[]>> = {
  test: ['test'],
  lint: ['lint'],
  typecheck: ['typecheck', 'type-check', 'check-types', 'tsc'],
};

/** JavaScript and TypeScript packages under npm, pnpm or yarn. */
export const npm: Ecosystem = {
  name: 'npm',
  async find(tree) {
    const manifest = await readPackageJson(tree);
    if (manifest === null) return null;
    const manager = await findPackageManager(tree, manifest);
    const kinds = ['test', 'lint', 'typecheck'] as const;
    const checks = kinds.flatMap((kind) => findCheck(kind, manifest, manager.runScript));
    return { setup: manager.setup, checks };
  },
};

function findCheck(
  kind: Check['kind'],
  manifest: PackageJson,
  runScript: (script: string) => string,
): readonly Check[] {
  const script = SCRIPTS[kind].find((name) => {
    const text = manifest.scripts[name] ?? '';
    return text.trim() !== '' && !PLACEHOLDER.test(text);
  });
  if (script === undefined) return [];
  const command = runScript(script);
  const tool = kind === 'test' ? readTestCommand(command, manifest.scripts).tool : 'unknown';
  return [{ name: kind, kind, command, tool }];
}
