import { DEFAULT_OPTIONS, type RepositoryRun } from '../../src/domain/run.ts';
import { type ModelReply } from '../../src/protocol/conversation.ts';
import { type CheckRun, type CommandEnd } from '../../src/protocol/proof.ts';
import { type RunnerEvent } from '../../src/protocol/runner-event.ts';
import { type RunnerResult } from '../../src/protocol/runner-result.ts';
import { PROTOCOL_VERSION } from '../../src/protocol/version.ts';
import { type RunStore } from '../../src/run/ports.ts';

/** Changes each text of a stranger: to plant something in all of them. */
export type Taint = (text: string) => string;

const SHA = 'c0ffee'.padEnd(40, '0');
const START_MS = Date.parse('2026-11-25T10:00:00Z');
const at = (seconds: number): string => new Date(START_MS + seconds * 1000).toISOString();

export const DIFF = `diff --git a/src/sum.js b/src/sum.js
index 1111111..2222222 100644
--- a/src/sum.js
+++ b/src/sum.js
@@ -1,4 +1,5 @@ export
 export function sum(a, b) {
-  return a - b;
+  if (a === undefined) throw new TypeError('two numbers, please');
+  return a + b;
 }
 
diff --git a/test/sum.test.js b/test/sum.test.js
new file mode 100644
index 0000000..3333333
--- /dev/null
+++ b/test/sum.test.js
@@ -0,0 +1,3 @@
+import { sum } from '../src/sum.js';
+
+test('adds', () => expect(sum(1, 2)).toBe(3));
`;

export const makeRun = (id: string, taint: Taint = (text) => text, number = 7): RepositoryRun => ({
  id,
  plan: null,
  options: DEFAULT_OPTIONS,
  execution: null,
  installationId: 1,
  repository: {
    id: 42,
    owner: taint('octo'),
    name: taint('calculator'),
    defaultBranch: taint('main'),
    cloneUrl: 'https://github.example/octo/calculator.git',
    private: true,
  },
  subject: {
    kind: 'issue',
    number,
    title: taint('Sum subtracts'),
    body: taint('sum(1, 2) gives -1.'),
    url: taint('https://github.example/octo/calculator/issues/7'),
  },
  commentId: null,
  requester: { login: taint('ada'), id: 5, type: 'User' },
  task: {
    title: taint('Sum subtracts instead of adding'),
    body: taint('`sum(1, 2)` gives **-1**.\n\nPlease fix.'),
    words: taint('and add a test'),
  },
  allow: [],
  target: {
    mode: 'new-pull-request',
    baseBranch: taint('main'),
    headBranch: taint('ptc/7-sum-subtracts'),
  },
  callbackUrl: null,
  createdAt: at(0),
});

const end = (taint: Taint, exitCode: number, output: string, durationMs = 1234): CommandEnd => ({
  exitCode,
  limit: null,
  durationMs,
  output: taint(output),
  outputBytes: 5000,
});

const checkRun = (taint: Taint, passed: boolean): CheckRun => ({
  passed,
  counts: { passed: passed ? 12 : 11, failed: passed ? 0 : 1, skipped: 1 },
  end: end(
    taint,
    passed ? 0 : 1,
    passed ? '\u001B[32m✓\u001B[39m all green\n' : '\u001B[31m✗ adds\u001B[39m\n',
  ),
});

export const makeResult = (runId: string, taint: Taint = (text) => text, diff = DIFF): RunnerResult => ({
  protocolVersion: PROTOCOL_VERSION,
  runId,
  plan: null,
  subtasks: [],
  verification: null,
  status: 'done',
  problem: null,
  baseSha: SHA,
  summary: {
    title: taint('Make sum add'),
    body: taint('It subtracted; now it adds, and says so in a test.'),
  },
  files: [],
  diff,
  proof: {
    verdict: 'green',
    reasons: [taint('a reason')],
    isolation: 'bubblewrap',
    setup: [
      { command: taint('npm ci'), tree: taint('base'), end: end(taint, 0, 'added 3 packages\n', 4100) },
    ],
    checks: [
      {
        name: taint('test'),
        kind: 'test',
        command: taint('npm test'),
        base: checkRun(taint, false),
        head: checkRun(taint, true),
      },
      {
        name: taint('lint'),
        kind: 'lint',
        command: taint('npm run lint'),
        base: null,
        head: checkRun(taint, true),
      },
    ],
    tests: [
      {
        file: taint('test/sum.test.js'),
        name: taint('adds'),
        base: 'assertion',
        head: 'passed',
        proves: true,
        first: true,
      },
      {
        file: taint('test/sum.test.js'),
        name: taint('zero'),
        base: 'passed',
        head: 'passed',
        proves: false,
        first: false,
      },
    ],
    knownFailures: [taint('test/old.test.js › flaky')],
    newFailures: [taint('new failure')],
    deletedTests: [taint('deleted test')],
    skippedTests: [taint('skipped test')],
    checkConfiguration: [taint('package.json')],
    coverage: { covered: 3, coverable: 4, files: [{ path: taint('src/sum.js'), uncoveredLines: [[7, 7]] }] },
    stages: null,
  },
});

const makeReply = (taint: Taint, usage: Partial<ModelReply['usage']> = {}): ModelReply => ({
  message: {
    role: 'assistant',
    content: [
      { type: 'text', text: taint('The operator is wrong.') },
      {
        type: 'tool_use',
        id: taint('t1'),
        name: taint('apply_patch'),
        input: { [taint('diff')]: taint('--- a/src/sum.js\n+++ b/src/sum.js\n'), list: [taint('x')] },
      },
      { type: 'opaque', provider: taint('anthropic'), data: { thinking: taint('secret thoughts') } },
    ],
  },
  stopReason: 'tool_use',
  usage: { inputTokens: 312, outputTokens: 245, cacheReadTokens: 5120, cacheWriteTokens: 880, ...usage },
  provider: taint('anthropic'),
  model: taint('claude-sonnet-4-5'),
});

export const makeEvents = (taint: Taint = (text) => text): RunnerEvent[] => {
  const bodies = [
    { type: 'runner.started', protocolVersion: PROTOCOL_VERSION, isolation: 'bubblewrap' },
    { type: 'phase', phase: 'cloning' },
    { type: 'phase', phase: 'installing' },
    {
      type: 'checks.found',
      setup: [taint('npm ci')],
      checks: [{ name: taint('test'), kind: 'test', command: taint('npm test') }],
    },
    {
      type: 'command',
      purpose: 'setup',
      tree: 'work',
      command: taint('npm ci'),
      end: end(taint, 0, 'added 3 packages\n', 4100),
    },
    { type: 'phase', phase: 'working' },
    {
      type: 'model.request',
      escalation: 0,
      requestId: taint('main/1'),
      conversationId: taint('main'),
      system: taint('You fix bugs.'),
      tools: [],
      append: { role: 'user', content: [{ type: 'text', text: taint('Fix it.') }] },
    },
    { type: 'tool', name: taint('read_file'), summary: taint('src/sum.js, 4 lines'), ok: true },
    { type: 'tool', name: taint('run_command'), summary: taint('a summary\nof two lines'), ok: false },
    { type: 'patch', applied: false, detail: taint('hunk 1 of src/sum.js: no such line') },
    { type: 'patch', applied: true, detail: taint('src/sum.js, test/sum.test.js') },
    {
      type: 'command',
      purpose: 'agent',
      tree: 'work',
      command: taint('npm test'),
      end: end(taint, 1, 'spinner 1\rspinner 2\rfailed\r\n\u001B[1mbold\u001B[22m', 900),
    },
    {
      type: 'command',
      purpose: 'check',
      tree: 'proof',
      command: taint('npm test -- --watch'),
      end: { ...end(taint, 0, ''), exitCode: null, limit: 'timeout' },
    },
    {
      type: 'model.request',
      escalation: 0,
      requestId: taint('main/2'),
      conversationId: taint('main'),
      system: null,
      tools: null,
      append: { role: 'user', content: [] },
    },
    { type: 'attempt', attempt: 1, verdict: 'green' },
    { type: 'note', text: taint('A note.') },
    { type: 'runner.finished' },
  ] as const;
  return bodies.map((body, index) => ({ seq: index + 1, at: at(3 + index * 4), ...body }));
};

/** A run with everything a run can have, at its end unless `active`. */
export async function seedRun(
  store: RunStore,
  id: string,
  options: {
    readonly taint?: Taint;
    readonly active?: boolean;
    readonly diff?: string;
    readonly number?: number;
  } = {},
): Promise<void> {
  const { taint = (text: string) => text, active = false, diff = DIFF, number = 7 } = options;
  await store.create(makeRun(id, taint, number));
  await store.enterPhase(id, 'running');
  const events = makeEvents(taint).map((event) => ({
    event,
    position: { seq: event.seq, offset: event.seq * 100 },
  }));
  await store.appendEvents(id, active ? events.slice(0, 7) : events);
  if (active) return;
  await store.saveModelCall(id, {
    requestId: taint('main/1'),
    reply: makeReply(taint),
    costUsd: 0.0093,
    durationMs: 5200,
    passedOver: [],
    escalated: false,
  });
  await store.saveModelCall(id, {
    requestId: taint('main/2'),
    reply: makeReply(taint, { inputTokens: 40, outputTokens: 1310 }),
    costUsd: 0.0241,
    durationMs: 8300,
    passedOver: [],
    escalated: false,
  });
  await store.requestCancel(id, taint('grace'));
  await store.saveResult(id, makeResult(id, taint, diff));
  await store.finish(id, {
    status: 'succeeded',
    problem: { code: taint('code'), message: taint('message'), remedy: taint('remedy'), retryable: true },
    publication: {
      pullRequestNumber: 8,
      pullRequestUrl: taint('https://github.example/octo/calculator/pull/8'),
      branch: taint('ptc/7-sum-subtracts'),
      commitSha: SHA,
      draft: true,
    },
  });
}
