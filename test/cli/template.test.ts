import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeBundle } from '../../src/cli/template/bundle.ts';
import { PROTOCOL_VERSION } from '../../src/protocol/version.ts';
import { type Cli, openCli } from '../helpers/cli-process.ts';
import { type DaytonaServer, SNAPSHOT, startDaytona } from '../helpers/daytona/index.ts';
import { TemplateManifest } from '../../src/workspace/daytona/template.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'ptc-bundle-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('ptc template', () => {
  let daytona: DaytonaServer;
  let cli: Cli;
  beforeAll(async () => {
    daytona = await startDaytona();
    cli = await openCli({
      DAYTONA_API_KEY: daytona.apiKey,
      DAYTONA_API_URL: daytona.url,
      DAYTONA_TARGET: 'eu',
    });
  });
  afterAll(() => Promise.all([daytona.close(), cli.clear()]));

  test('create makes the snapshot of this version once, with its resources, and says what to set', async () => {
    const args = [
      'template',
      'create',
      '--image',
      'registry.example.com/ptc:1',
      '--cpu',
      '4',
      '--out',
      folder,
    ];
    const first = await cli.run(args);
    const name = /PTC_DAYTONA_SNAPSHOT=(ptc-\S+)$/m.exec(first.stdout)?.[1];
    expect(first).toMatchObject({
      exitCode: 0,
      stdout: `The snapshot ${name} is made. Set PTC_DAYTONA_SNAPSHOT=${name}\n`,
    });
    expect((await cli.run(args)).stdout).toContain('is there already');
    const made = daytona.requests.filter(({ route }) => route === 'POST /snapshots');
    expect(made.map(({ body }) => body)).toMatchObject([{ name, cpu: 4, memory: 4, disk: 10 }]);
    const { stdout } = await cli.run(['template', 'build', '--out', folder]);
    expect(stdout).toBe(`${name} is in ${folder}\n`);
  });

  test('verify tells a snapshot that fits from one that does not, by its exit code', async () => {
    const manifest = { protocolVersion: PROTOCOL_VERSION, runnerSha256: 'another' };
    daytona.setSnapshot(SNAPSHOT, 'active', { '/opt/ptc/template.json': JSON.stringify(manifest) });
    expect(await cli.run(['template', 'verify', SNAPSHOT])).toMatchObject({ exitCode: 0 });
    const missing = await cli.run(['template', 'verify'], { env: { PTC_DAYTONA_SNAPSHOT: 'ptc-1-missing' } });
    expect(missing).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('ptc template create') });
  });

  test('without a key it says which variable is missing', async () => {
    const { exitCode, stderr } = await cli.run(['template', 'create'], { env: { DAYTONA_API_KEY: '' } });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('DAYTONA_API_KEY is not set');
  });
});

describe('the template’s bundle', () => {
  test('holds all that the Dockerfile copies, and nothing of what lay there before', async () => {
    await writeBundle(folder);
    const dockerfile = await readFile(path.join(folder, 'Dockerfile'), 'utf8');
    const copied: readonly string[] = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
      ([, names = '']) => names.split(' '),
    );
    expect(new Set(await readdir(folder))).toEqual(new Set(['Dockerfile', 'README.md', ...copied]));
  });

  test('says of itself what the app asks of a snapshot', async () => {
    const { name } = await writeBundle(folder);
    const manifest = TemplateManifest.parse(
      JSON.parse(await readFile(path.join(folder, 'template.json'), 'utf8')),
    );
    const runner = await readFile(path.join(folder, 'runner.mjs'));
    expect(manifest).toMatchObject({
      name,
      protocolVersion: PROTOCOL_VERSION,
      runnerSha256: createHash('sha256').update(runner).digest('hex'),
    });
  });

  test('has a name by its content: the same wherever it is written', async () => {
    const first = await writeBundle(path.join(folder, 'one'));
    const second = await writeBundle(path.join(folder, 'two'));
    expect(first.name).toMatch(/^ptc-\d+-[0-9a-f]{12}$/);
    expect(second.name).toBe(first.name);
  });

  test('gives no secret to the image’s build', async () => {
    expect(await readFile(path.join(folder, 'Dockerfile'), 'utf8')).not.toMatch(
      /^ARG|KEY|TOKEN|--mount=type=secret/m,
    );
  });
});
