import { spawnSync } from 'node:child_process';
import { describe } from 'vitest';

/** True when `command` works on this machine: it can be started and says so by its exit code. */
export function hasTool(command: string, args: readonly string[] = ['--version']): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/**
 * `describe` for tests that need something a newcomer's machine may lack. Missing, the group is skipped and
 * its name says why; under `PTC_REQUIRE_ALL=1` (set by .ci/run) a missing tool fails instead.
 */
export function describeWith(tool: string, available: boolean, name: string, body: () => void): void {
  if (available) {
    describe(name, body);
    return;
  }
  if (process.env['PTC_REQUIRE_ALL'] === '1') {
    describe(name, () => {
      throw new Error(`${tool} is required here and was not found`);
    });
    return;
  }
  describe.skip(`${name} (skipped: ${tool} not found on this machine)`, body);
}

/**
 * `describe` for tests against somebody’s real service. A key is no tool that a machine could be given, so without
 * these variables the group is skipped, under `PTC_REQUIRE_ALL` too, and its name says so.
 */
export function describeWithAccount(variables: readonly string[], name: string, body: () => void): void {
  const missing = variables.filter((variable) => (process.env[variable] ?? '') === '');
  if (missing.length === 0) describe(name, body);
  else describe.skip(`${name} (skipped: no account, ${missing.join(' and ')} not set)`, body);
}
