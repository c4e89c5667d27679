import { randomInt, randomUUID } from 'node:crypto';
import { type ArtifactRun, DEFAULT_OPTIONS, type Outcome, type RepositoryRun } from '../../src/domain/run.ts';
import { type Subject } from '../../src/domain/trigger.ts';
import { type RunnerEvent } from '../../src/protocol/runner-event.ts';
import { type RunnerResult } from '../../src/protocol/runner-result.ts';
import { PROTOCOL_VERSION } from '../../src/protocol/version.ts';
import { type ReceivedEvent, type StoredModelCall } from '../../src/run/ports.ts';

/** What untrusted text may hold and `jsonb` refuses. */
export const AWKWARD_TEXT = 'nul \0, lone \uD800 and \uDC00, “ü”, 🙂, \\u0000, \u2028';

type RunOfSubject = RepositoryRun & { readonly subject: Subject };

/** A run of a subject that no other sample has. */
export function sampleRun(change: Partial<RunOfSubject> = {}): RunOfSubject {
  const number = change.subject?.number ?? randomInt(1, 2 ** 31);
  return {
    id: `run-${randomUUID()}`,
    plan: null,
    options: DEFAULT_OPTIONS,
    execution: null,
    installationId: 1,
    repository: {
      id: randomInt(1, 2 ** 47),
      owner: 'octo',
      name: 'sample',
      defaultBranch: 'main',
      cloneUrl: 'https://example.test/octo/sample.git',
      private: false,
    },
    subject: { kind: 'issue', number, title: 'Broken', body: 'Fix it', url: 'https://example.test/1' },
    commentId: null,
    requester: { login: 'mona', id: 7, type: 'User' },
    task: { title: 'Broken', body: 'Fix it', words: '' },
    allow: [],
    target: { mode: 'new-pull-request', baseBranch: 'main', headBranch: `ptc/${number}-broken` },
    callbackUrl: null,
    createdAt: new Date().toISOString(),
    ...change,
  };
}

/** Work from nothing. */
export const sampleArtifactRun = (): ArtifactRun => ({
  id: `run-${randomUUID()}`,
  requester: null,
  task: { title: 'A calculator', body: 'It adds.', words: '' },
  plan: null,
  options: { ...DEFAULT_OPTIONS, acceptance: 'validation', planned: false },
  execution: { id: randomUUID(), romaTaskId: null, projectName: 'calculator' },
  callbackUrl: null,
  repository: null,
  subject: null,
  createdAt: new Date().toISOString(),
});

export const sampleOutcome: Outcome = { status: 'failed', problem: null, publication: null };

export const noteEvent = (seq: number, text = 'hello'): RunnerEvent => ({
  seq,
  at: '2026-01-01T00:00:00.000Z',
  type: 'note',
  text,
});

/** As if each event's line were 100 bytes long. */
export const received = (...events: readonly RunnerEvent[]): ReceivedEvent[] =>
  events.map((event) => ({ event, position: { seq: event.seq, offset: event.seq * 100 } }));

export const sampleResult = (runId: string, diff = ''): RunnerResult => ({
  protocolVersion: PROTOCOL_VERSION,
  runId,
  status: 'done',
  problem: null,
  baseSha: '0'.repeat(40),
  summary: null,
  files: [],
  diff,
  proof: null,
  plan: null,
  subtasks: [],
  verification: null,
});

export const sampleCall = (requestId: string, change: Partial<StoredModelCall> = {}): StoredModelCall => ({
  requestId,
  reply: {
    message: { role: 'assistant', content: [{ type: 'text', text: 'done' }] },
    stopReason: 'end',
    usage: { inputTokens: 10, outputTokens: 5, cacheReadTokens: 100, cacheWriteTokens: 1000 },
    provider: 'anthropic',
    model: 'sample-model',
  },
  costUsd: 0.25,
  durationMs: 12.5,
  passedOver: [],
  escalated: false,
  ...change,
});
