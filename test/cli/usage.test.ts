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

interface Case {
  readonly name: string;
  readonly code: string;
  /** Null: none. */
  readonly words?: string | null;
  readonly options?: Partial<RunOptions>;
  readonly env?: Readonly<Record<string, string>>;
}

const CASES: readonly Case[] = [
  { name: 'no task', words: null, code: 'usage' },
  { name: 'an empty task', words: ' \n', code: 'usage' },
  { name: 'a plan that is not there', options: { plan: 'nowhere.json' }, code: 'usage' },
  { name: 'a plan that is not JSON', options: { plan: 'broken.json' }, code: 'usage' },
  { name: 'a plan with a cycle', options: { plan: 'cycle.json' }, code: 'plan-cyclic' },
  { name: 'a plan and no planning', options: { plan: 'cycle.json', planning: false }, code: 'usage' },
  { name: 'a plan alone and no planning', options: { planOnly: true, planning: false }, code: 'usage' },
  { name: 'a model of nobody', options: { model: ['nobody:x'] }, code: 'model-unknown-provider' },
  { name: 'a model without a key', options: { model: ['kimi:x'] }, code: 'model-not-configured' },
  { name: 'no key at all', env: { ANTHROPIC_API_KEY: '' }, code: 'model-not-offered' },
  { name: 'a setting that is none', env: { PTC_ATTEMPTS: 'many' }, code: 'config-invalid' },
  { name: 'a name no branch can have', options: { branch: 'a b' }, code: 'branch-name-invalid' },
  { name: 'a name that is taken', options: { branch: 'main' }, code: 'branch-taken' },
  { name: 'a push to nowhere', options: { push: true }, code: 'usage' },
];

describe('a wrong call is refused with its code before anything is recorded', () => {
  test.each(CASES)('$name', async ({ words = 'x', options = {}, env = {}, code }) => {
    const terminal = { ...openTerminal({ PATH: process.env['PATH'], ...KEY, ...env }), folder };
    const asked = { repo: source.path, planning: true, dataDir: path.join(folder, 'data'), ...options };
    const thrown: unknown = await run(words ?? undefined, asked, terminal).catch((error: unknown) => error);

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
