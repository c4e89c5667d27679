import { type CheckCommands } from '../../protocol/runner-job.ts';
import { type Check, type FoundChecks } from './check.ts';
import { ECOSYSTEMS } from './ecosystems/ecosystems.ts';
import { readPackageJson } from './ecosystems/package-json.ts';
import { readTestCommand } from './test-command.ts';

const KINDS = ['test', 'lint', 'typecheck'] as const;

/**
 * What the tree is installed and checked with: found in its manifests, and for every kind that the
 * repository's owner named a command for, that command in place of what was found.
 *
 * @param tree a fresh checkout; nothing of it is executed
 */
export async function findChecks(tree: string, commands: CheckCommands): Promise<FoundChecks> {
  const found = (await Promise.all(ECOSYSTEMS.map((ecosystem) => ecosystem.find(tree)))).filter(
    (each) => each !== null,
  );
  const manifest = await readPackageJson(tree);
  const checks = KINDS.flatMap((kind): readonly Check[] => {
    const command = commands[kind];
    if (command === null) return found.flatMap((each) => each.checks).filter((check) => check.kind === kind);
    const tool = kind === 'test' ? readTestCommand(command, manifest?.scripts ?? {}).tool : 'unknown';
    return [{ name: kind, kind, command, tool }];
  });
  const setup = commands.setup ?? found.flatMap((each) => each.setup);
  return { setup: [...new Set(setup)], checks };
}
