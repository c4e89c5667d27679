import { createApi } from '../../src/api/app.ts';
import { type RepositoryRef } from '../../src/domain/trigger.ts';
import { type CallbackPolicy } from '../../src/run/callback.ts';
import { createIntake } from '../../src/run/intake.ts';
import { type Forge, type Models, type RunStore } from '../../src/run/ports.ts';
import { memoryRunStore } from '../helpers/memory-run-store.ts';
import { settingsOf } from './api-bed.ts';

const REPOSITORY: RepositoryRef = {
  id: 42,
  owner: 'octo',
  name: 'calculator',
  defaultBranch: 'main',
  cloneUrl: 'https://github.example/octo/calculator.git',
  private: true,
};

/** What the intake asks a forge for: one repository with two branches. */
const forge: Pick<Forge, 'repository' | 'branchHead'> = {
  repository: async (fullName) =>
    fullName.toLowerCase() === 'octo/calculator' ? { installationId: 1, repository: REPOSITORY } : null,
  branchHead: async (_place, branch) => (['main', 'next'].includes(branch) ? 'c0ffee'.padEnd(40, '0') : null),
};

const models: Pick<Models, 'choose'> = { choose: () => [{ provider: 'anthropic', model: 'sonnet' }] };

/** What runs are taken by, besides the store: a forge and a model that are not there. */
export const intakePorts = (store: RunStore) => ({ forge, store, models });

/** The API over a store in memory, with an intake whose runs are stored and then wait for ever. */
export function openRunsApi(
  callbacks: CallbackPolicy = { allowPrivate: false },
  stopping = new AbortController().signal,
) {
  const store: RunStore = memoryRunStore();
  const start = async (run: Parameters<RunStore['create']>[0]) =>
    (await store.create(run)) === 'subject-busy' ? ('subject-busy' as const) : ('started' as const);
  const app = createApi(
    settingsOf({ store, stopping, intake: createIntake(intakePorts(store), { start }, callbacks) }),
  );
  const post = (path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) =>
    app.request(`/api/v1/runs${path}`, {
      method: 'POST',
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    app.request(`/api/v1/runs${path}`, { headers });
  return { app, store, post, get };
}

export const REQUEST = { repository: 'octo/calculator', goal: 'Make sum add' };
