import { describe, expect, test } from 'vitest';
import { compare } from '../../../src/cli/replay/compare.ts';
import { type Recording } from '../../../src/protocol/recording.ts';
import { type RunnerEvent } from '../../../src/protocol/runner-event.ts';
import { jobFor } from '../../helpers/scripted-mailbox.ts';
import { sampleCall, sampleResult, sampleRun } from '../../store/samples.ts';

const job = jobFor({ cloneUrl: 'file:///x', baseSha: '0'.repeat(40) });
const result = sampleResult(job.runId);

type Body = RunnerEvent extends infer E ? (E extends RunnerEvent ? Omit<E, 'seq' | 'at'> : never) : never;

const numbered = (bodies: readonly Body[]): readonly RunnerEvent[] =>
  bodies.map((body, index) => ({ seq: index + 1, at: '2026-01-01T00:00:00.000Z', ...body }));

const recorded = (bodies: readonly Body[], change: Partial<Recording> = {}): Recording => ({
  run: sampleRun(),
  job,
  events: numbered(bodies),
  modelCalls: [],
  result,
  ...change,
});

const replayed = (bodies: readonly Body[]) => ({ events: numbered(bodies), result, unrecorded: null });

const asks = (subtask: number, number: number, text: string): Extract<Body, { type: 'model.request' }> => ({
  type: 'model.request',
  subtask,
  conversationId: `subtask-${subtask}`,
  requestId: `subtask-${subtask}/${number}`,
  system: null,
  tools: null,
  append: { role: 'user', content: [{ type: 'text', text }] },
  escalation: 0,
});

const command = (text: string, output: string, exitCode = 0): Body => ({
  type: 'command',
  purpose: 'check',
  tree: 'base',
  command: text,
  end: { exitCode, limit: null, durationMs: Math.random(), output, outputBytes: output.length },
});

describe('a replay is equal', () => {
  test('when subtasks beside each other come in another order, each in its own', () => {
    const [a1, a2, b1] = [asks(0, 1, 'a'), asks(0, 2, 'b'), asks(1, 1, 'c')];
    const comparison = compare(recorded([a1, a2, b1]), replayed([b1, a1, a2]), 'replay-1');

    expect(comparison).toEqual({ differences: [], total: 0, isWhole: true });
  });

  test('when commands print the same in another time and order', () => {
    const comparison = compare(
      recorded([command('npm test', 'a ok 1.5ms\nb ok 2ms\n')]),
      replayed([command('npm test', 'b ok 7ms\na ok 12.25ms\n')]),
      'replay-1',
    );

    expect(comparison.total).toBe(0);
  });

  test('as far as it goes, when the recording breaks off', () => {
    const comparison = compare(
      recorded([asks(0, 1, 'a')], { result: null }),
      replayed([asks(0, 1, 'a'), asks(0, 2, 'b')]),
      'replay-1',
    );

    expect(comparison).toEqual({ differences: [], total: 0, isWhole: false });
  });
});

describe('a replay is different, and the first difference of each kind is named', () => {
  test('by request, text and line', () => {
    const comparison = compare(
      recorded([asks(0, 1, 'one\ntwo\nthree'), asks(0, 2, 'x'), command('npm test', 'ok', 0)]),
      replayed([asks(0, 1, 'one\nTWO\nthree'), asks(0, 2, 'y'), command('npm test', 'ok', 1)]),
      'replay-1',
    );

    expect(comparison.total).toBe(3);
    expect(comparison.differences).toEqual([
      {
        kind: 'model.request',
        where: 'model request subtask-0/1, message, line 2',
        recorded: 'two',
        now: 'TWO',
      },
      {
        kind: 'command',
        where: 'check command on base: npm test, exit',
        recorded: 'exit 0',
        now: 'exit 1',
      },
    ]);
  });

  test('where a time stands in a file and not in what a command prints', () => {
    const call = sampleCall('subtask-0/1');
    const content = (name: string) => [
      { type: 'tool_use' as const, id: 'c1', name, input: { path: 'a.js' } },
    ];
    const answer = (text: string): Body => ({
      ...asks(0, 2, ''),
      append: { role: 'user', content: [{ type: 'tool_result', toolUseId: 'c1', text, isError: false }] },
    });
    const differing = (name: string) => {
      const modelCalls = [
        {
          ...call,
          reply: { ...call.reply, message: { role: 'assistant' as const, content: content(name) } },
        },
      ];
      return compare(
        recorded([answer('in 45m')], { modelCalls: modelCalls.map((each) => ({ ...each, passedOver: [] })) }),
        replayed([answer('in 46m')]),
        'replay-1',
      ).differences;
    };

    expect(differing('read_file')).toMatchObject([
      { where: 'model request subtask-0/2, answer of read_file a.js' },
    ]);
    expect(differing('run_command')).toEqual([]);
  });

  test('by what is missing, what is new, and what was asked beyond the recording', () => {
    const beyond = numbered([asks(0, 2, 'b')])[0];
    const comparison = compare(
      recorded([{ type: 'patch', applied: true, detail: 'a' }]),
      {
        ...replayed([{ type: 'note', text: 'hm' }]),
        unrecorded: beyond?.type === 'model.request' ? beyond : null,
      },
      'replay-1',
    );

    expect(comparison.differences.map(({ kind, recorded, now }) => [kind, recorded, now])).toEqual([
      ['patch', 'once', 'not there'],
      ['note', 'not there', 'once'],
      ['model.request', 'not asked, so there is no answer', 'asked'],
    ]);
  });
});
