import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cutShort } from '../../src/cli/run/cut-short.ts';
import { asAnthropic, type Cli, openCli } from '../helpers/cli-process.ts';
import { SAMPLE_FILES, SAMPLE_TURNS } from '../helpers/sample-project.ts';
import { startScriptedModel } from '../helpers/scripted-model.ts';
import { startSilentServer } from '../helpers/silent-server.ts';
import { gitIn, type SourceRepository, sourceRepository } from '../helpers/source-repository.ts';
import { until } from '../helpers/world.ts';

let cli: Cli;
let source: SourceRepository;

beforeEach(async () => {
  [cli, source] = await Promise.all([openCli(), sourceRepository(SAMPLE_FILES)]);
});

afterEach(async () => {
  await Promise.all([cli.clear(), source.remove()]);
});

const call = (): readonly string[] => ['run', '--repo', source.path, '--no-planning', 'A whole hour is 60m'];

describe('Ctrl-C', () => {
  test('once: the run ends in order, and its patch is kept', async () => {
    // The third answer takes long enough to be interrupted.
    const model = await startScriptedModel(SAMPLE_TURNS, 100);
    const running = cli.start(call(), { env: asAnthropic(model) });
    await until('the patch', () => running.progress().includes('apply_patch: changed'));
    running.kill('SIGINT');
    const { exitCode, stdout, stderr } = await running.exited;
    await model.stop();

    expect({ exitCode, stderr }).toMatchObject({ exitCode: 130 });
    const patchFile = /git apply '(.*)'/.exec(stdout)?.[1] ?? '';
    await gitIn(source.path, 'apply', patchFile);
    expect(await gitIn(source.path, 'status', '--porcelain')).toBe(
      ' M src/duration.js\n M test/duration.test.js',
    );
    expect(await gitIn(source.path, 'branch', '--list', 'ptc/*')).toBe('');
    expect(await cli.workspaces()).toEqual([]);
  });

  test('twice: it ends at once, and leaves no process behind', async () => {
    const silent = await startSilentServer();
    const running = cli.start(call(), {
      env: { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: silent.url },
    });
    await until('the request', () => silent.requests() > 0);
    running.kill('SIGINT');
    await until('the cancellation', () => running.progress().includes('cancelling'));
    // One press can come twice: what follows at once does not count.
    const pressing = setInterval(() => running.kill('SIGINT'), 400);
    const { exitCode, stderr } = await running.exited;
    clearInterval(pressing);
    silent.stop();

    expect({ exitCode, stderr }).toMatchObject({ exitCode: 130 });
    expect(await cli.workspaces()).toEqual([]);
    expect(await processesOf(cli.dataDir)).toEqual([]);
  });
});

test('a run that was killed leaves its recording, and is taken up where it was', async () => {
  const silent = await startSilentServer();
  const running = cli.start(call(), { env: { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: silent.url } });
  await until('the request', () => silent.requests() > 0);
  running.kill('SIGKILL');
  await running.exited;
  silent.stop();
  const [runId = ''] = await cli.runs();
  const events = await readFile(path.join(cli.dataDir, 'runs', runId, 'events.ndjson'), 'utf8');
  expect(events).toContain('"model.request"');
  expect(await cutShort(cli.dataDir, { list: () => cli.workspaces() })).toEqual([runId]);

  const model = await startScriptedModel(SAMPLE_TURNS);
  const { exitCode, stdout, stderr } = await cli.run(['run', '--resume', runId], { env: asAnthropic(model) });
  const asked = model.requests();
  const again = await cli.run(['run', '--resume', runId], { env: asAnthropic(model) });
  await model.stop();

  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(stdout).toContain('Branch ptc/show-a-whole-hour-as-1h');
  expect(again.exitCode).toBe(0);
  expect(again.stdout).toBe(stdout);
  expect(asked).toBe(3);
  expect(await gitIn(source.path, 'branch', '--list', '--format=%(refname:short)', 'ptc/*')).toBe(
    'ptc/show-a-whole-hour-as-1h',
  );
});

/** Processes that work in the folder or were started with a path in it. */
async function processesOf(folder: string): Promise<readonly string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(folder));
}
