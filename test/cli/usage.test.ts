import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunOptions } from '../../src/cli/run/request.ts';
import { run } from '../../src/cli/run.ts';
import { openTerminal } from '../../src/cli/terminal.ts';
import { openCli } from '../helpers/cli-process.ts';
import { type SourceRepository, sourceRepository } from '../helpers/source-repository.ts';

const KEY = { ANTHROPIC_API_KEY: 'never-shown', ANTHROPIC_BASE_URL: 'http://127.0.0.1:9' };
let folder: string;
let source: SourceRepository;

beforeAll(async () => {
  [folder, source] = await Promise.all([
    mkdtemp(path.join(tmpdir(), 'ptc-usage-')),
    sourceRepository({ 'a.txt': 'a\n', '.github/ptc.yml': 'test: npm test\n' }),
  ]);
  await writeFile(path.join(folder, 'broken.json'), '{"subtasks": [');
  const subtasks = ['a', 'b'].map((goal) => ({ goal, task_type: 'WRITE' }));
  const cycle = { subtasks, dependencies_graph: { 0: ['1'], 1: ['0'] } };
  await writeFile(path.join(folder, 'cycle.json'), JSON.stringify(cycle));
});

afterAll(() => Promise.all([rm(folder, { recursive: true, force: true }), source.remove()]));

describe('a wrong call is refused with its code before anything is recorded', () => {
  test.each<readonly [string, string | undefined, Partial<RunOptions>, string, Record<string, string>?]>([
    ['no task', undefined, {}, 'usage'],
    ['an empty task', ' \n', {}, 'usage'],
    ['a plan that is not there', undefined, { plan: 'nowhere.json' }, 'usage'],
    ['a plan that is not JSON', undefined, { plan: 'broken.json' }, 'usage'],
    ['a plan with a cycle', undefined, { plan: 'cycle.json' }, 'plan-cyclic'],
    ['a plan and no planning', 'x', { plan: 'cycle.json', planning: false }, 'usage'],
    ['a plan alone and no planning', 'x', { planOnly: true, planning: false }, 'usage'],
    ['a model of nobody', 'x', { model: ['nobody:x'] }, 'model-unknown-provider'],
    ['a model without a key', 'x', { model: ['kimi:x'] }, 'model-not-configured'],
    ['no key at all', 'x', {}, 'model-not-offered', { ANTHROPIC_API_KEY: '' }],
    ['a setting that is none', 'x', {}, 'config-invalid', { PTC_ATTEMPTS: 'many' }],
    ['a name no branch can have', 'x', { branch: 'a b' }, 'branch-name-invalid'],
    ['a name that is taken', 'x', { branch: 'main' }, 'branch-taken'],
    ['a push to nowhere', 'x', { push: true }, 'usage'],
  ])('%s', async (_name, words, options, code, env = {}) => {
    const terminal = { ...openTerminal({ PATH: process.env['PATH'], ...KEY, ...env }), folder };
    const asked = { repo: source.path, planning: true, dataDir: path.join(folder, 'data'), ...options };
    const thrown: unknown = await run(words, asked, terminal).catch((error: unknown) => error);

    expect(thrown).toMatchObject({ code, retryable: false });
    expect(String(thrown)).not.toContain('never-shown');
    expect(await readdir(path.join(folder, 'data', 'runs')).catch(() => [])).toEqual([]);
  });
});

describe('the program itself', () => {
  test('ends with 2 for options it does not know and numbers that are none, and prints nothing for programs', async () => {
    const cli = await openCli(KEY);
    const ends = await Promise.all([
      cli.run(['run', '--no-such', 'x']),
      cli.run(['run', '--budget', '0', 'x']),
      cli.run(['run', '--repo', source.path, '-'], { input: '\n' }),
    ]);
    await cli.clear();

    expect(ends.map(({ exitCode, stdout }) => ({ exitCode, stdout }))).toEqual(
      ends.map(() => ({ exitCode: 2, stdout: '' })),
    );
    expect(ends.map(({ stderr }) => stderr).join('')).toMatch(
      /unknown option[^]*above 0[^]*There is no task/,
    );
  });
});
