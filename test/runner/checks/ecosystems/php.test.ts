import { describe, expect, test } from 'vitest';
import { type CheckPackage } from '../../../../src/runner/checks/check.ts';
import { findChecks } from '../../../../src/runner/checks/find-checks.ts';
import { type Files, makeTree, NO_COMMANDS } from '../../../helpers/check-bed.ts';

async function find(files: Files): Promise<readonly CheckPackage[]> {
  return (await findChecks(await makeTree(files), NO_COMMANDS)).packages;
}

describe('php', () => {
  test.each([
    ['its own PHPUnit', { 'require-dev': { 'phpunit/phpunit': '^12' } }, 'vendor/bin/phpunit', 'phpunit'],
    [
      'Pest',
      { 'require-dev': { 'pestphp/pest': '^4', 'phpunit/phpunit': '^12' } },
      'vendor/bin/pest',
      'unknown',
    ],
  ])('a project with %s is installed by Composer and tested with it', async (_, fields, command, tool) => {
    const [found] = await find({ 'composer.json': JSON.stringify(fields), 'phpunit.xml.dist': '' });
    expect(found).toMatchObject({
      setup: ['composer install --no-interaction --no-progress'],
      checks: [{ kind: 'test', command, tool }],
    });
  });

  test('a configuration alone is tested with the PHPUnit of the machine', async () => {
    const [found] = await find({ 'phpunit.xml': '' });
    expect(found).toMatchObject({ setup: [], checks: [{ command: 'phpunit', tool: 'phpunit' }] });
  });

  test.each(['{', '[]', '{"require": "all"}', '{"require": {"php": "^8"}}'])(
    'a composer.json of %j alone has nothing to test with',
    async (text) => {
      expect(await find({ 'composer.json': text })).toEqual([]);
    },
  );
});
