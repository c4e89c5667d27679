import { Webhook } from 'standardwebhooks';
import { expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';
import { WebhookMessage } from '../../src/protocol/outgoing-webhook.ts';
import { RunDocument, RunList, RunReceipt } from '../../src/protocol/runs-api.ts';
import { readEvents, type StreamEvent } from '../api/event-stream.ts';
import { SAMPLE_ISSUE } from '../helpers/sample-project.ts';
import { createWorld, MAINTAINER, OWNER, REPOSITORY } from '../helpers/world.ts';
import { planned, startPlanner } from '../planner/planner-server.ts';
import { startReceiver } from '../webhook/receiver.ts';

const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes long').toString('base64')}`;
const api = `/repos/${OWNER}/${REPOSITORY}`;
const CYCLIC = {
  subtasks: [{ goal: 'x', task_type: 'WRITE' }],
  dependencies_graph: { '0': ['0'] },
};
const PullRequests = z.array(
  z.object({
    number: z.number(),
    title: z.string(),
    body: z.string(),
    head: z.object({ ref: z.string(), sha: z.string() }),
  }),
);
const CheckRuns = z.object({ check_runs: z.array(z.object({ conclusion: z.string() })) });

test('a run that is asked for by API becomes a pull request, told as it happens and by webhook', async () => {
  const receiver = await startReceiver([204]);
  const planner = await startPlanner(planned(CYCLIC));
  const world = await createWorld();
  onTestFinished(() => world.close());
  const server = await world.start({
    PTC_WEBHOOK_SECRET: SECRET,
    PTC_WEBHOOK_ALLOW_PRIVATE: 'true',
    PTC_PLANNER_URL: planner.url,
  });
  const send = () =>
    fetch(`${server.apiUrl}/api/v1/runs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'from ROMA, once' },
      body: JSON.stringify({
        repository: `${OWNER}/${REPOSITORY}`,
        goal: `${SAMPLE_ISSUE.title}\n\n${SAMPLE_ISSUE.body}`,
        callback_url: receiver.url,
      }),
    });

  const response = await send();
  expect(response.status).toBe(202);
  const { id, url } = RunReceipt.parse(await response.json());
  const [, first] = await firstOf(await fetch(`${url}/events`), 2);
  const events = await Array.fromAsync(
    readEvents(await fetch(`${url}/events`, { headers: { 'last-event-id': first?.id ?? '' } })),
  );
  expect(first?.message).toMatchObject({ event_type: 'execution_started', execution_id: id });
  expect(events.at(-1)?.message).toMatchObject({ event_type: 'execution_completed', progress: 1 });
  expect(events.map(({ message }) => message.event_type)).toEqual(
    expect.arrayContaining(['stage_started', 'code_generating', 'code_block_ready', 'test_passed']),
  );

  const document = RunDocument.parse(await (await fetch(url)).json());
  expect(document).toMatchObject({
    status: 'succeeded',
    subject: null,
    title: SAMPLE_ISSUE.title,
    branch: expect.stringMatching(/^ptc\/a-whole-hour-is-shown-as-60m.*-[0-9a-f]{8}$/),
    proof: { verdict: 'green' },
    warnings: [expect.stringContaining('The subtasks 0 → 0 of the plan wait for each other')],
  });
  const all = PullRequests.parse((await world.forge.as(MAINTAINER, 'GET', `${api}/pulls`)).body);
  expect(all).toMatchObject([{ number: document.pull_request?.number, head: { ref: document.branch } }]);
  const checks = await world.forge.as(MAINTAINER, 'GET', `${api}/commits/${all[0]?.head.sha}/check-runs`);
  expect(CheckRuns.parse(checks.body).check_runs).toMatchObject([{ conclusion: 'success' }]);
  expect(world.forge.requests.map(({ operationId }) => operationId)).not.toContain('issues/create-comment');
  expect(await (await fetch(`${url}/patch`)).text()).toContain('+  if (minutes >= 60) {');

  await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(2);
  const told = receiver.received.map(({ body, headers }) =>
    WebhookMessage.parse(new Webhook(SECRET).verify(body, headers)),
  );
  expect(told.map(({ type, data }) => [type, data.run_id, data.subject])).toEqual([
    ['run.accepted', id, null],
    ['run.completed', id, null],
  ]);

  expect(RunReceipt.parse(await (await send()).json())).toEqual({ id, url, status: 'succeeded' });
  const { runs } = RunList.parse(await (await fetch(`${server.apiUrl}/api/v1/runs`)).json());
  expect(runs.map((run) => run.id)).toEqual([id]);
  expect(world.forge.violations).toEqual([]);
  expect(server.log.join()).not.toContain(receiver.url);
});

test('a run that is asked for by API is cancelled by API, and begins anew', async () => {
  const world = await createWorld({ modelLatencyMs: 1000 });
  onTestFinished(() => world.close());
  const server = await world.start();
  const post = async (path: string, body?: unknown) =>
    RunReceipt.parse(
      await (
        await fetch(`${server.apiUrl}/api/v1/runs${path}`, {
          method: 'POST',
          ...(body === undefined
            ? {}
            : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
        })
      ).json(),
    );

  const { id, url } = await post('', { repository: `${OWNER}/${REPOSITORY}`, goal: SAMPLE_ISSUE.title });
  for await (const { message } of readEvents(await fetch(`${url}/events`))) {
    if (message.event_type === 'code_generating') await post(`/${id}/cancel`);
    if (message.event_type !== 'execution_failed') continue;
    expect(message).toMatchObject({
      data: { status: 'cancelled' },
      error: 'The run was cancelled by a client of the API.',
    });
  }
  expect(RunDocument.parse(await (await fetch(url)).json()).status).toBe('cancelled');

  const again = await post(`/${id}/retry`);
  expect(again.id).not.toBe(id);
  expect(await post(`/${again.id}/cancel`)).toMatchObject({ id: again.id });
});

/** The first so many events; the stream is left then. */
async function firstOf(response: Response, count: number): Promise<readonly StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const event of readEvents(response)) {
    events.push(event);
    if (events.length === count) break;
  }
  return events;
}
