import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { DEFAULT_OPTIONS } from '../../src/domain/run.ts';
import { parseSettings } from '../../src/github/parse-settings.ts';
import { type Ports, type StandaloneSettings } from '../../src/run/ports.ts';
import { isStandalone, startWork } from '../../src/run/steps/start-work.ts';
import { planOfSix } from '../api/plan-seed.ts';
import { type StandaloneStepBed, standaloneStepBed, type StepBedOptions } from './standalone-bed.ts';

const STANDALONE: StandaloneSettings = {
  webhooksUrl: 'https://ptc.example/api/webhook/daytona',
  forgeUrl: 'https://github.example/api/v3',
  variablesFor: ({ provider, model }) =>
    provider === 'compatible' ? null : { MODEL_PROVIDER: provider, MODEL: model },
};
const FOLLOWED = new Error('it is followed');

const bedOf = (options: StepBedOptions = {}, provider = 'anthropic'): Promise<StandaloneStepBed> => {
  const ports: object = {
    standalone: STANDALONE,
    parseSettings,
    models: {
      choose: () => [
        { provider, model: 'm' },
        { provider: 'openai', model: 'second' },
      ],
    },
    policy: {
      publicUrl: null,
      budgetUsd: 5,
      job: {
        limits: { jobTimeoutMs: 600_000, memoryMb: 2048 },
        isolation: { allowNone: false, uid: 1234, registries: ['npm.example', 'pypi.example'] },
      },
    },
    // What only the followed way asks for.
    openMailbox: () => {
      throw FOLLOWED;
    },
    ...options.ports,
  };
  return standaloneStepBed({ state: 'not-started', ...options, ports });
};

/** Which way the run went. */
async function wayOf({ ports, run }: StandaloneStepBed): Promise<'alone' | 'followed'> {
  const forge = {
    ...ports.forge,
    branchHead: () => Promise.resolve('c0ffee'.padEnd(40, '0')),
    cloneToken: () => Promise.reject(FOLLOWED),
  };
  try {
    return isStandalone(await startWork({ ...ports, forge }, run, null)) ? 'alone' : 'followed';
  } catch (error) {
    if (error === FOLLOWED) return 'followed';
    throw error;
  }
}

test('a workspace that is to stand alone is told of its task, its limits and one secret of its own', async () => {
  const task = { title: 'Sum $(rm -rf)', body: "It's\n---\nerror: wrong", words: 'please' };
  const options = { ...DEFAULT_OPTIONS, budgetUsd: 2, timeoutMs: 60_000 };
  const bed = await bedOf({ run: { task, options } });
  const terms = await startWork(bed.ports, bed.run, null);
  expect(isStandalone(terms)).toBe(true);
  const [variables] = bed.started;
  expect(variables).toEqual({
    MODEL_PROVIDER: 'anthropic',
    MODEL: 'm',
    TARGET_REPO: bed.run.repository.cloneUrl,
    TASK_ID: 'run-a',
    WORKSPACE_ID: 'run-a',
    AGENT_PROMPT: "Sum $(rm -rf)\n\nIt's\n---\nerror: wrong\n\nplease",
    BRANCH_NAME: bed.run.target.headBranch,
    BASE_BRANCH: bed.run.target.baseBranch,
    GITHUB_TOKEN: 'ghs_work',
    GITHUB_API_URL: STANDALONE.forgeUrl,
    WEBHOOK_URL: expect.any(String),
    PTC_BUDGET_USD: '2',
    PTC_JOB_TIMEOUT_S: '60',
    PTC_MEMORY_MB: '2048',
    PTC_REGISTRIES: 'npm.example,pypi.example',
    PTC_UNSAFE_NO_ISOLATION: 'false',
    PTC_COMMAND_UID: '1234',
  });
  const { origin, pathname, searchParams } = new URL(variables?.['WEBHOOK_URL'] ?? '');
  expect(origin + pathname).toBe(STANDALONE.webhooksUrl);
  expect(searchParams.get('run')).toBe('run-a');
  const secret = searchParams.get('secret') ?? '';
  expect(secret).toHaveLength(43);
  expect(await bed.standaloneRuns.secretHash('run-a')).toBe(
    createHash('sha256').update(secret).digest('hex'),
  );
});

test('started again after a crash, nothing is started and the secret stays', async () => {
  const bed = await bedOf();
  await startWork(bed.ports, bed.run, null);
  const hash = await bed.standaloneRuns.secretHash('run-a');
  expect(isStandalone(await startWork(bed.ports, bed.run, null))).toBe(true);
  expect(bed.started).toHaveLength(1);
  expect(await bed.standaloneRuns.secretHash('run-a')).toBe(hash);
});

test('a workspace has no more time than its token, and some to push', async () => {
  const bed = await bedOf({ run: { options: { ...DEFAULT_OPTIONS, timeoutMs: null } } });
  const limits = { ...bed.ports.policy.job.limits, jobTimeoutMs: 7_200_000 };
  const policy = { ...bed.ports.policy, job: { ...bed.ports.policy.job, limits } };
  await startWork({ ...bed.ports, policy }, bed.run, null);
  const seconds = Number(bed.started[0]?.['PTC_JOB_TIMEOUT_S']);
  expect(seconds).toBeGreaterThan(3_200);
  expect(seconds).toBeLessThanOrEqual(3_300);
});

test('what the operator’s and the repository’s settings can say is said', async () => {
  const bed = await bedOf({ settings: 'budget: 1.5\n' });
  expect(await wayOf(bed)).toBe('alone');
  expect(bed.started[0]?.['PTC_BUDGET_USD']).toBe('1.5');
});

const update = {
  mode: 'update-pull-request',
  baseBranch: 'main',
  headBranch: 'ptc/7-sum',
  number: 8,
} as const;
const plan = planOfSix();
test.each<[string, StepBedOptions, string?]>([
  ['updates a pull request', { run: { target: update } }],
  ['comes with a plan', { run: { plan } }],
  ['is a part of somebody’s plan', { run: { options: { ...DEFAULT_OPTIONS, planned: false } } }],
  ['has options', { run: { options: { ...DEFAULT_OPTIONS, attempts: 1 } } }],
  ['may touch what is asked about', { run: { allow: ['AGENTS.md'] } }],
  ['is in a repository with commands of its own', { settings: 'test: npm test\n' }],
  ['asks a provider that the template does not know', {}, 'compatible'],
  ['is in an installation that follows its workspaces', { ports: { standalone: null } }],
])('a run is followed that %s', async (_what, options, provider) => {
  const bed = await bedOf(options, provider);
  expect(await wayOf(bed)).toBe('followed');
  expect(bed.started).toEqual([]);
  expect(await bed.standaloneRuns.state('run-a')).toBeNull();
});

test('a run that lost a followed workspace goes on in another one', async () => {
  const bed = await bedOf();
  const forge: Ports['forge'] = { ...bed.ports.forge, cloneToken: () => Promise.reject(FOLLOWED) };
  const lost = { baseSha: 'c0ffee'.padEnd(40, '0'), models: [], budgetUsd: 1, life: 0 };
  await expect(startWork({ ...bed.ports, forge }, bed.run, lost)).rejects.toBe(FOLLOWED);
  expect(bed.started).toEqual([]);
});
