import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { asAnthropic, asOpenAi, type Cli, openCli } from '../../helpers/cli-process.ts';
import { SAMPLE_FILES, SAMPLE_TURNS } from '../../helpers/sample-project.ts';
import { type ScriptedModel, startScriptedModel } from '../../helpers/scripted-model.ts';
import { gitIn, type SourceRepository, sourceRepository } from '../../helpers/source-repository.ts';
import { SHOPS, TOWN, townConversations } from '../../helpers/town.ts';
import { createWorld, untilFinished } from '../../helpers/world.ts';

const GRAPH = { '4': ['0', '1'], '5': ['2', '3'] };
const BRANCH = 'ptc/show-a-whole-hour-as-1h';

let cli: Cli;
const made: { remove(): Promise<void> }[] = [];

beforeAll(async () => {
  cli = await openCli();
});

afterEach(async () => {
  for (const each of made.splice(0)) await each.remove();
});

afterAll(() => cli.clear());

async function repository(files: Readonly<Record<string, string | Uint8Array>>): Promise<SourceRepository> {
  const source = await sourceRepository(files);
  made.push(source);
  return source;
}

async function scripted(script: Parameters<typeof startScriptedModel>[0]): Promise<ScriptedModel> {
  const model = await startScriptedModel(script);
  made.push({ remove: () => model.stop() });
  return model;
}

describe('a plan of six subtasks in two layers', () => {
  test('is made, carried out side by side, and replayed equal', async () => {
    const [model, source] = await Promise.all([
      scripted({ conversations: townConversations(SHOPS, GRAPH) }),
      repository(TOWN),
    ]);
    const { exitCode, stdout, stderr } = await cli.run(['run', '--repo', source.path, 'Open the town'], {
      env: asOpenAi(model),
    });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stdout).toContain('Branch ptc/open-the-town');
    expect(stdout).toMatch(/ {4}4 CODE_INTERPRET \(after 0, 1\) \[done\]: Open src\/upper\.js/);
    const runId = (await cli.runs()).at(-1) ?? '';
    const replayed = await cli.run(['replay', runId]);
    expect(replayed).toMatchObject({ exitCode: 0 });
    expect(replayed.stdout).toContain('is equal');
  });

  test('is only made with --plan-only, and carried out as it stands with --plan', async () => {
    const [model, source] = await Promise.all([
      scripted({ conversations: townConversations(SHOPS.slice(0, 2), {}) }),
      repository(TOWN),
    ]);
    const env = asAnthropic(model);
    const planned = await cli.run(['run', '--repo', source.path, '--plan-only', 'Open the town'], { env });
    expect({ exitCode: planned.exitCode, stderr: planned.stderr }).toMatchObject({ exitCode: 0 });
    const planFile = /^Plan (.*): change it/m.exec(planned.stdout)?.[1] ?? '';
    expect(await gitIn(source.path, 'branch', '--list', 'ptc/*')).toBe('');

    const done = await cli.run(['run', '--repo', source.path, '--plan', planFile, '--json'], { env });
    expect({ exitCode: done.exitCode, stderr: done.stderr }).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(done.stdout)).toMatchObject({
      status: 'succeeded',
      subtasks: [
        { index: 0, state: 'done' },
        { index: 1, state: 'done' },
      ],
    });
  });
});

test('a run of a server is replayed from what the server kept', async () => {
  const world = await createWorld();
  made.push({ remove: () => world.close() });
  const server = await world.start();
  const runId = await world.label(await world.openIssue());
  expect((await untilFinished(server, runId)).status).toBe('succeeded');

  const args = ['replay', runId, '--server', server.apiUrl, '--repo', world.repository.dir, '--base', 'main'];
  expect(await cli.run(args)).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await cli.run(['replay', 'run-unknown', '--server', server.apiUrl])).toMatchObject({ exitCode: 2 });
});

describe('repositories that are not as one would wish', () => {
  test('a bare one with CRLF files, odd names, a submodule and an LFS pointer: only the change is changed', async () => {
    const model = await scripted(SAMPLE_TURNS);
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 12\n`;
    const source = await repository({
      ...SAMPLE_FILES,
      '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n',
      '.gitmodules': '[submodule "lib"]\n\tpath = lib\n\turl = https://127.0.0.1:9/lib\n',
      'win dows/mit ümlaut.txt': 'one\r\ntwo\r\n',
      'mixed.txt': 'one\r\ntwo\n',
      '名前 "quoted".md': 'x\n',
    });
    await gitIn(source.path, 'update-index', '--add', '--cacheinfo', `160000,${source.sha},lib`);
    await promisify(execFile)(
      'bash',
      ['-c', `printf '${pointer.replaceAll('\n', '\\n')}' | git hash-object -w --stdin`],
      {
        cwd: source.path,
      },
    ).then(({ stdout }) =>
      gitIn(source.path, 'update-index', '--add', '--cacheinfo', `100644,${stdout.trim()},data.bin`),
    );
    await gitIn(source.path, 'commit', '--quiet', '-m', 'Odd things');
    const bare = await mkdtemp(path.join(tmpdir(), 'ptc bäre-'));
    made.push({ remove: () => rm(bare, { recursive: true, force: true }) });
    await gitIn(bare, 'clone', '--quiet', '--bare', source.path, '.');

    const args = ['run', '--repo', bare, '--no-planning', 'A whole hour is 60m'];
    const { exitCode, stdout, stderr } = await cli.run(args, { env: asAnthropic(model) });
    expect({ exitCode, stderr, stdout }).toMatchObject({ exitCode: 0 });
    expect(stderr).toContain('Submodules stay empty');
    expect(await gitIn(bare, 'diff', '--name-only', `main..${BRANCH}`)).toBe(
      'src/duration.js\ntest/duration.test.js',
    );
  });
});

test('a repository by its URL is fetched, and its branch is pushed when that is asked for', async () => {
  const [model, source] = await Promise.all([scripted(SAMPLE_TURNS), repository(SAMPLE_FILES)]);
  const call = ['run', '--repo', source.url, '--base', 'main', '--push', '--branch', 'mine/hour', '--json'];
  const { exitCode, stdout, stderr } = await cli.run([...call, '--no-planning', 'A whole hour is 60m'], {
    env: asAnthropic(model),
  });

  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(stdout)).toMatchObject({ branch: { name: 'mine/hour', pushed: true } });
  expect(await gitIn(source.path, 'log', '--format=%s', 'mine/hour', '-1')).toBe('Show a whole hour as 1h');
});

test('a model that is down in the middle: the run fails, and what was written is kept', async () => {
  const [model, source] = await Promise.all([scripted(SAMPLE_TURNS.slice(0, 2)), repository(SAMPLE_FILES)]);
  model.server.on({ predicate: () => true }, { error: { message: 'closed', type: 'x' }, status: 403 });
  const call = ['run', '--repo', source.path, '--no-planning', '--json', 'A whole hour is 60m'];
  const { exitCode, stdout } = await cli.run(call, { env: asAnthropic(model) });

  expect(exitCode).toBe(1);
  expect(stdout).toContain('/change.patch');
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'failed',
    branch: null,
    files: ['src/duration.js', 'test/duration.test.js'],
    spending: { requests: 2 },
  });
});
