import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { RunList, RunReceipt } from '../../../src/protocol/runs-api.ts';
import { readServerFile } from '../../../src/server-file.ts';
import { CALCULATOR, creating } from '../../helpers/new-files.ts';
import { describeWith } from '../../helpers/required-tool.ts';
import { createWorld, MAINTAINER, until } from '../../helpers/world.ts';
import { createKey } from './executions.ts';
import { openVenv, runProgram } from './python-venv.ts';

/** More examples for a longer run, another seed for other requests: what decides whether work lands must not waver. */
const EXAMPLES = process.env['PTC_TEST_EXAMPLES'] ?? '6';
const SEED = process.env['PTC_TEST_SEED'] ?? '1';
const TIMEOUT_MS = 900_000;

/** All that a model says, at once, so that whatever starts a run ends soon. */
const ANSWER = [
  { name: 'apply_patch', input: { diff: creating(CALCULATOR) } },
  { name: 'finish', input: { title: 'Add a calculator', body: 'For the command line.' } },
];

const venv = await openVenv(path.join(import.meta.dirname, 'schemathesis-requirements.txt'));
afterAll(() => venv?.remove());

describeWith(
  'python3 with venv and a package registry',
  venv !== null,
  'whatever is asked by /openapi.json',
  () => {
    test(
      'is answered as the document says, and never with a fault of the server',
      {
        timeout: TIMEOUT_MS,
      },
      async ({ onTestFinished }) => {
        const world = await createWorld({ turns: [{ tools: ANSWER }] });
        onTestFinished(() => world.close());
        // The example in the document, so that there is a repository to work on.
        const files = { 'README.md': '# Calculator\n' };
        const collaborators = { [MAINTAINER]: 'write' } as const;
        await world.forge.addRepository({ owner: 'octo', name: 'calculator', files, collaborators });
        world.forge.install(world.app, 'octo');
        const server = await world.start({ PTC_MAX_RUNS: '4', PTC_MAX_RUNS_PER_WORKER: '4' });
        // From the first key on each request needs one. The server's own token cannot be revoked by what is tried out.
        await createKey(world.dataDir, 'admin');
        const { token } = await readServerFile(world.dataDir);
        const api = apiOf(server.apiUrl, token);
        const folder = await mkdtemp(path.join(tmpdir(), 'ptc-openapi-'));
        onTestFinished(() => rm(folder, { recursive: true, force: true }));

        for (const name of ['schemathesis.toml', 'schemathesis_hooks.py'])
          await copyFile(path.join(import.meta.dirname, name), path.join(folder, name));
        await writeFile(
          path.join(folder, 'run-ids.txt'),
          (await api.startRuns(3)).map((id) => JSON.stringify(id)).join('\n'),
        );
        const args = ['--no-color', 'run', `${server.apiUrl}/openapi.json`];
        const options = ['--max-examples', EXAMPLES, '--seed', SEED, '--generation-database', 'none'];
        const auth = ['--header', `Authorization: Bearer ${token}`];
        const tried = await runProgram(venv?.program('st') ?? '', [...args, ...options, ...auth], {
          cwd: folder,
        });

        // What was started ends, whatever it was asked for.
        await until('all runs to end', async () => (await api.active()) === 0, TIMEOUT_MS);
        expect(tried.exitCode === 0 ? '' : tried.stdout + tried.stderr).toBe('');
        expect(server.log.filter((line) => line.includes('could not be answered'))).toEqual([]);
        expect((await fetch(`${server.apiUrl}/health`)).status).toBe(200);
      },
    );
  },
);

function apiOf(apiUrl: string, token: string) {
  const ask = async (at: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${apiUrl}${at}`, {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${at} answered ${response.status}: ${await response.text()}`);
    return response.json();
  };
  return {
    /** Ids of so many runs on the repository. */
    startRuns: async (count: number): Promise<readonly string[]> => {
      const ids: string[] = [];
      for (let index = 0; index < count; index += 1) {
        const request = { repository: 'octo/calculator', goal: `Add a calculator, number ${index}` };
        ids.push(RunReceipt.parse(await ask('/api/v1/runs', request)).id);
      }
      return ids;
    },
    /** How many runs have not ended. */
    active: async (): Promise<number> => {
      const lists = ['queued', 'running'].map((status) => ask(`/api/v1/runs?status=${status}`));
      return (await Promise.all(lists)).reduce<number>(
        (sum, list) => sum + RunList.parse(list).runs.length,
        0,
      );
    },
  };
}
