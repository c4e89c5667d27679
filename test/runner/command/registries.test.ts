import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, hasTool } from '../../helpers/required-tool.ts';
import { type CommandBed, openCommandBed } from './command-bed.ts';

const canReach = async (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(5000) }).then(
    (response) => response.ok,
    () => false,
  );
const hasRegistry = await canReach('https://registry.npmjs.org/is-number');

describeWith('the npm registry', hasRegistry && hasTool('npm'), 'commands that may reach registries', () => {
  let bed: CommandBed;
  beforeAll(async () => {
    bed = await openCommandBed({ settings: { allowNone: true }, limits: { fileSizeMb: 256 } });
  });
  afterAll(() => bed.close());

  it('install packages, with a cache that the next command finds', async () => {
    await fs.writeFile(join(bed.tree, 'package.json'), '{"name":"a","version":"1.0.0"}');
    await bed.commands.prepareFolder(bed.tree);
    const first = await bed.run('npm install --no-audit --no-fund is-number@7.0.0', {
      network: { registries: ['registry.npmjs.org'] },
    });
    expect(first).toMatchObject({ exitCode: 0, limit: null });
    const offline =
      'rm -rf node_modules && npm ci --offline --no-audit --no-fund && node -p "require(\'is-number\')(5)"';
    expect(await bed.run(offline)).toMatchObject({ exitCode: 0, output: expect.stringMatching(/true\n$/) });
  });

  it('fail where the network is none', async () => {
    if (bed.commands.level !== 'bubblewrap') return expect(bed.commands.caveats.join()).toContain('network');
    const end = await bed.run('npm view is-odd version --fetch-retries=0');
    expect(end.exitCode).not.toBe(0);
  });
});
