import { describe, expect, test } from 'vitest';
import { readPlan } from '../../src/domain/plan.ts';
import { WebhookData } from '../../src/protocol/outgoing-webhook.ts';
import { type RunnerEvent } from '../../src/protocol/runner-event.ts';
import { type OutgoingWebhook } from '../../src/run/ports.ts';
import { announcingPlan } from '../../src/run/steps/announce-plan.ts';
import { acceptedWebhook, resultWebhook } from '../../src/run/steps/run-webhooks.ts';
import { noteEvent, sampleRun } from '../store/samples.ts';

const policy = { publicUrl: 'https://ptc.example' };
const run = sampleRun({ id: 'run-1', callbackUrl: 'https://asker.example/hook' });
const plan = readPlan({
  subtasks: [
    { goal: 'Add', task_type: 'WRITE', context_input: 'a secret of the planner' },
    { goal: 'Subtract', task_type: 'WRITE' },
  ],
  dependencies_graph: { '1': ['0'] },
});
const planEvent: RunnerEvent = {
  seq: 2,
  at: '2026-01-01T00:00:00.000Z',
  type: 'plan',
  plan,
  source: 'planner',
};

/** An outbox that only remembers what it was given. */
function recordingOutbox(store: () => Promise<void> = async () => undefined) {
  const enqueued: (OutgoingWebhook & { callbackUrl: string | null })[] = [];
  const outbox = {
    enqueue: (event: OutgoingWebhook, callbackUrl: string | null) => {
      enqueued.push({ ...event, callbackUrl });
      return store();
    },
  };
  return { outbox, enqueued };
}

const silent = { saw: () => undefined, stop: async () => undefined };

describe('the events of a run', () => {
  test('carry the same fields, whatever their type', async () => {
    const { outbox, enqueued } = recordingOutbox();
    announcingPlan({ outbox, policy }, run, silent).saw(planEvent);
    const outcome = {
      status: 'succeeded',
      problem: null,
      publication: {
        pullRequestNumber: 8,
        pullRequestUrl: 'https://example.test/8',
        branch: 'b',
        commitSha: 'c',
        draft: false,
      },
    } as const;
    const models = [{ name: 'a:b', costUsd: 1, requests: 1, inputTokens: 1, outputTokens: 1 }];
    const spent = { costUsd: 1, requests: 1, inputTokens: 1, outputTokens: 1, fallOvers: 0, escalations: 0 };
    const all = [
      acceptedWebhook(policy, run),
      ...enqueued,
      resultWebhook(policy, run, outcome, null, { ...spent, models }),
    ];

    expect(all.map(({ id, type }) => [id, type])).toEqual([
      ['run-1.accepted', 'run.accepted'],
      ['run-1.planned', 'run.planned'],
      ['run-1.result', 'run.completed'],
    ]);
    for (const { payload } of all) expect(WebhookData.parse(payload)).toEqual(payload);
    expect(all.map(({ payload }) => payload['run_url'])).toEqual(
      all.map(() => 'https://ptc.example/runs/run-1'),
    );
  });
});

describe('a plan', () => {
  test('is announced once, to the callback too, without what only the agents need', async () => {
    const { outbox, enqueued } = recordingOutbox();
    const reporter = announcingPlan({ outbox, policy }, run, silent);
    for (const event of [noteEvent(1), planEvent, { ...planEvent, seq: 3 }]) reporter.saw(event);
    await reporter.stop();

    expect(enqueued).toMatchObject([
      {
        callbackUrl: 'https://asker.example/hook',
        payload: {
          plan: {
            subtasks: [
              { goal: 'Add', task_type: 'WRITE' },
              { goal: 'Subtract', task_type: 'WRITE' },
            ],
            dependencies_graph: { '1': ['0'] },
          },
        },
      },
    ]);
    expect(JSON.stringify(enqueued)).not.toContain('a secret of the planner');
  });

  test('that could not be stored fails the step, so that it is seen again', async () => {
    const { outbox } = recordingOutbox(() => Promise.reject(new Error('database away')));
    const reporter = announcingPlan({ outbox, policy }, run, silent);
    reporter.saw(planEvent);

    await expect(reporter.stop()).rejects.toThrow('database away');
  });
});
