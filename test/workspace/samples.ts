import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { DEFAULT_OPTIONS, type RepositoryRun } from '../../src/domain/run.ts';
import { EMPTY_BASE_SHA } from '../../src/protocol/empty-base.ts';
import { type RunnerJob } from '../../src/protocol/runner-job.ts';
import { PROTOCOL_VERSION } from '../../src/protocol/version.ts';
import { type Log } from '../../src/run/ports.ts';

export const SCRIPTED_RUNNER = fileURLToPath(new URL('../fixtures/runners/scripted.mjs', import.meta.url));

export const quiet: Log = { info: () => {}, warn: () => {}, error: () => {} };

export function sampleRun(id = `run-${randomUUID()}`): RepositoryRun {
  return {
    id,
    plan: null,
    options: DEFAULT_OPTIONS,
    execution: null,
    installationId: 1,
    repository: {
      id: 1,
      owner: 'octo',
      name: 'sample',
      defaultBranch: 'main',
      cloneUrl: 'https://example.test/octo/sample.git',
      private: false,
    },
    subject: { kind: 'issue', number: 3, title: 'Broken', body: '', url: 'https://example.test/3' },
    commentId: null,
    requester: { login: 'mona', id: 7, type: 'User' },
    task: { title: 'Broken', body: '', words: '' },
    allow: [],
    target: { mode: 'new-pull-request', baseBranch: 'main', headBranch: 'ptc/3-broken' },
    callbackUrl: null,
    createdAt: '2026-01-01T00:00:00.000Z',
  };
}

/** A job for the scripted runner: `script` names what it does, `body` is what that needs. */
export const scriptedJob = (runId: string, script: string, body = ''): RunnerJob => ({
  protocolVersion: PROTOCOL_VERSION,
  runId,
  repository: {
    fullName: 'octo/sample',
    cloneUrl: 'https://example.test/octo/sample.git',
    baseBranch: 'main',
    baseSha: '0'.repeat(40),
    needsToken: false,
  },
  task: { title: 'Broken', body, words: script },
  plan: null,
  resume: null,
  mode: 'atomic',
  acceptance: 'proof',
  dependencies: [],
  checks: { setup: null, test: null, lint: null, typecheck: null },
  limits: {
    attempts: 1,
    turns: 1,
    parallel: 1,
    commandTimeoutMs: 1000,
    checkTimeoutMs: 1000,
    jobTimeoutMs: 1000,
    outputLimitBytes: 1000,
    memoryMb: 100,
    processes: 10,
    fileSizeMb: 10,
  },
  isolation: { allowNone: true, uid: null, registries: [] },
});

/** The same job, running nothing and fetching nothing: many of them share a process. */
export const sharing = (job: RunnerJob): RunnerJob => ({
  ...job,
  acceptance: 'as-is',
  repository: { ...job.repository, cloneUrl: null, baseSha: EMPTY_BASE_SHA },
});
