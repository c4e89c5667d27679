import { posix } from 'node:path';
import * as z from 'zod';
import { readTreeFile } from '../tree-file.ts';
import { type Ecosystem, type FoundInFolder } from './ecosystem.ts';

const CONFIGURATIONS = ['phpunit.xml', 'phpunit.xml.dist', 'phpunit.dist.xml'];

const packages = z.record(z.string(), z.unknown()).catch({});
const Composer = z.object({ require: packages, 'require-dev': packages });

/** PHP projects that PHPUnit or Pest tests, with the packages that Composer installs. */
export const php: Ecosystem = {
  name: 'php',
  manifests: /^composer\.json$/,
  registries: ['repo.packagist.org'],
  async find(tree, folder, files) {
    const needs = await requiredPackages(tree, posix.join(folder, 'composer.json'));
    const configured = CONFIGURATIONS.some((name) => files.includes(name));
    const checks = testChecks(needs ?? new Set(), configured);
    if (checks.length === 0) return null;
    const install = 'composer install --no-interaction --no-progress';
    return { setup: needs === null ? [] : [install], checks, members: [] };
  },
};

function testChecks(needs: ReadonlySet<string>, configured: boolean): FoundInFolder['checks'] {
  if (needs.has('pestphp/pest')) {
    return [{ name: 'test', kind: 'test', command: 'vendor/bin/pest', tool: 'unknown' }];
  }
  const own = needs.has('phpunit/phpunit');
  if (!own && !configured) return [];
  const command = own ? 'vendor/bin/phpunit' : 'phpunit';
  return [{ name: 'test', kind: 'test', command, tool: 'phpunit' }];
}

/** Null without a readable composer.json. */
async function requiredPackages(tree: string, path: string): Promise<ReadonlySet<string> | null> {
  const text = await readTreeFile(tree, path);
  if (text === null) return null;
  try {
    const parsed = Composer.safeParse(JSON.parse(text));
    if (!parsed.success) return null;
    return new Set(Object.keys({ ...parsed.data.require, ...parsed.data['require-dev'] }));
  } catch {
    return null;
  }
}
