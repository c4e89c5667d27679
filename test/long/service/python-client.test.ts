import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { CALCULATOR, creating } from '../../helpers/new-files.ts';
import { describeWith } from '../../helpers/required-tool.ts';
import { type ServerProcess } from '../../helpers/server-process.ts';
import { createWorld, type World } from '../../helpers/world.ts';
import { createKey, planFor } from './executions.ts';
import { openVenv, runProgram } from './python-venv.ts';

const CLIENT = path.join(import.meta.dirname, '..', '..', 'fixtures', 'roma-client');
const FILES = {
  ...CALCULATOR,
  'README.md': '# Calculator\n\n`python3 calculator.py 6 "*" 7`\n',
};

/** The last line that the client prints. */
const Summary = z.strictObject({
  execution_id: z.string(),
  status: z.string(),
  faults: z.array(z.string()),
  error_message: z.string().nullable(),
  warnings: z.array(z.string()),
  files: z.record(z.string(), z.string()),
  languages: z.array(z.string()),
  tests: z.tuple([z.number(), z.number()]).nullable(),
  iterations: z.number(),
  api_calls: z.number(),
  tokens: z.number(),
  cost_usd: z.number(),
  from_cache: z.boolean(),
});

const venv = await openVenv(path.join(CLIENT, 'requirements.txt'));
afterAll(() => venv?.remove());

describeWith('python3 with venv and a package registry', venv !== null, 'a client as ROMA has it', () => {
  let world: World;
  let server: ServerProcess;
  let key: string;
  let folder: string;

  beforeAll(async () => {
    const answer = [
      { name: 'apply_patch', input: { diff: creating(FILES) } },
      { name: 'finish', input: { title: 'Add a calculator', body: 'For the command line, with tests.' } },
    ];
    world = await createWorld({ turns: [{ text: 'All of it at once.', tools: answer }] });
    server = await world.start();
    key = await createKey(world.dataDir, 'execute');
    folder = await mkdtemp(path.join(tmpdir(), 'ptc-roma-'));
  });
  afterAll(async () => {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  });

  const send = (plan: object, password = key) => {
    const url = new URL(server.apiUrl);
    url.username = 'ptc';
    url.password = password;
    const args = [path.join(CLIENT, 'ask.py'), url.href, folder];
    return runProgram(venv?.program('python') ?? '', args, { input: JSON.stringify(plan) });
  };
  const sent = async (plan: object): Promise<z.infer<typeof Summary>> => {
    const { exitCode, stdout, stderr } = await send(plan);
    expect({ exitCode, stderr, stdout: exitCode === 0 ? '' : stdout }).toEqual({
      exitCode: 0,
      stderr: '',
      stdout: '',
    });
    return Summary.parse(JSON.parse(stdout));
  };

  test('gets a calculator whose tests pass where we have no part in it', async () => {
    expect(await sent(planFor('roma-1'))).toMatchObject({
      execution_id: 'roma-1',
      status: 'SUCCESS',
      faults: [],
      error_message: null,
      files: { 'README.md': 'documentation', 'calculator.py': 'source_code', 'test_calculator.py': 'test' },
      languages: ['markdown', 'python'],
      tests: [3, 0],
      iterations: 1,
      api_calls: 1,
      tokens: 1350,
      from_cache: false,
    });
    for (const [name, text] of Object.entries(FILES))
      expect(await readFile(path.join(folder, name), 'utf8')).toBe(text);
    const tests = await runProgram('python3', ['-m', 'unittest', '-v'], { cwd: folder });
    expect(tests).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('Ran 3 tests') });
    const used = await runProgram('python3', ['calculator.py', '6', '*', '7'], { cwd: folder });
    expect(used.stdout).toBe('42.0\n');
  });

  test('gets the same again under the same id, and from the cache under another, without a model', async () => {
    const asked = world.model.requests();
    const again = await sent(planFor('roma-1'));
    const cached = await sent(planFor('roma-2'));
    expect(again).toMatchObject({ status: 'SUCCESS', from_cache: false });
    expect(cached).toMatchObject({ execution_id: 'roma-2', status: 'CACHE_HIT', from_cache: true });
    expect(world.model.requests()).toBe(asked);
  });

  test('is refused at once without a key that is good', async () => {
    const refused = await send(planFor('roma-3'), 'ptc_not-a-key');
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/^no answer: 401: /) });
  });
});
