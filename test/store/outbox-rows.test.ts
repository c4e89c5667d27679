import { randomUUID } from 'node:crypto';
import { beforeEach, expect, it } from 'vitest';
import { type OutgoingWebhook } from '../../src/run/ports.ts';
import { createOutboxRows } from '../../src/store/outbox-rows.ts';
import { type OutboxRows } from '../../src/webhook/outbox.ts';
import { onEveryDatabase } from './every-database.ts';
import { AWKWARD_TEXT } from './samples.ts';

const at = (second: number): Date => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

onEveryDatabase('the outbox’s table', (database) => {
  const rows = (): OutboxRows => createOutboxRows(database());
  const event = (change: Partial<OutgoingWebhook> = {}): OutgoingWebhook => ({
    id: `msg_${randomUUID()}`,
    runId: randomUUID(),
    type: 'run.completed',
    payload: { answer: 42 },
    ...change,
  });
  const claimedIds = async (second: number, limit = 100): Promise<string[]> =>
    (await rows().claimDue(at(second), limit, at(second + 10))).map((claimed) => claimed.event.id);

  const keyOf = ({ id }: OutgoingWebhook, endpoint = '1') => ({ id, endpoint });

  beforeEach(async () => {
    await database().pool.query('truncate webhook_outbox');
  });

  it('hands an event out as it was stored, once, and again when its claim has ended', async () => {
    const stored = event({ payload: { text: AWKWARD_TEXT } });
    await rows().insertIfAbsent(stored, '1', at(0));
    await rows().insertIfAbsent({ ...stored, payload: {} }, '1', at(1));
    expect(await rows().claimDue(at(1), 5, at(10))).toEqual([
      { event: stored, endpoint: '1', createdAt: at(0), attempts: 1 },
    ]);
    expect(await claimedIds(9)).toEqual([]);
    expect(await rows().claimDue(at(10), 5, at(20))).toEqual([
      { event: stored, endpoint: '1', createdAt: at(0), attempts: 2 },
    ]);
  });

  it('never hands out what was delivered or given up', async () => {
    const delivered = event();
    const dead = event();
    for (const each of [delivered, dead]) await rows().insertIfAbsent(each, '1', at(0));
    await claimedIds(0);
    await rows().markDelivered(keyOf(delivered), at(1));
    await rows().markFailed(keyOf(dead), AWKWARD_TEXT, null, at(1));
    expect(await claimedIds(1000)).toEqual([]);
  });

  it('hands a failed event out again at its time', async () => {
    const stored = event();
    await rows().insertIfAbsent(stored, '1', at(0));
    await claimedIds(0);
    await rows().markFailed(keyOf(stored), 'HTTP 500', at(30), at(1));
    expect(await claimedIds(29)).toEqual([]);
    expect(await claimedIds(30)).toEqual([stored.id]);
  });

  it('does not revive an event that was delivered when a slow attempt fails', async () => {
    const stored = event();
    await rows().insertIfAbsent(stored, '1', at(0));
    await rows().markDelivered(keyOf(stored), at(1));
    await rows().markFailed(keyOf(stored), 'HTTP 500', at(2), at(2));
    expect(await claimedIds(50)).toEqual([]);
  });

  it('holds a run’s later events back until the earlier one is delivered or dead', async () => {
    const [first, second, third] = [event({ runId: 'r' }), event({ runId: 'r' }), event({ runId: 'r' })];
    const other = event();
    for (const each of [first, second, third, other]) await rows().insertIfAbsent(each, '1', at(0));
    expect(await claimedIds(0)).toEqual([first.id, other.id]);
    await rows().markDelivered(keyOf(first), at(1));
    expect(await claimedIds(1)).toEqual([second.id]);
    await rows().markFailed(keyOf(second), 'HTTP 410', null, at(2));
    expect(await claimedIds(2)).toEqual([third.id]);
  });

  it('hands out the oldest first, as many as asked for, each to one of many that ask at once', async () => {
    const stored = Array.from({ length: 6 }, () => event());
    for (const each of stored) await rows().insertIfAbsent(each, '1', at(0));
    const oldest = await claimedIds(0, 2);
    expect(oldest).toEqual(stored.slice(0, 2).map(({ id }) => id));
    const rest = await Promise.all([claimedIds(0), claimedIds(0), claimedIds(0)]);
    expect(rest.flat().sort()).toEqual(
      stored
        .slice(2)
        .map(({ id }) => id)
        .sort(),
    );
  });

  it('keeps the receivers of one event apart', async () => {
    const [first, second] = [event({ runId: 'r' }), event({ runId: 'r' })];
    const callback = 'https://hooks.example/?a=ü\0';
    for (const each of [first, second])
      for (const endpoint of ['1', callback]) await rows().insertIfAbsent(each, endpoint, at(0));
    expect(await claimedIds(0)).toEqual([first.id, first.id]);
    await rows().markDelivered(keyOf(first, callback), at(1));
    await rows().markFailed(keyOf(first), 'HTTP 500', at(30), at(1));
    expect(await claimedIds(1)).toEqual([second.id]);
    expect(await claimedIds(30)).toEqual([first.id, second.id]);
  });

  it('ends a run’s events for a receiver that wants no more, those to come included', async () => {
    const [first, second, third] = [event({ runId: 'r' }), event({ runId: 'r' }), event({ runId: 'r' })];
    const other = event();
    for (const each of [first, second, other]) await rows().insertIfAbsent(each, '1', at(0));
    await rows().insertIfAbsent(second, '2', at(0));
    await rows().markGone(keyOf(first), 'HTTP 410', at(1));
    await rows().insertIfAbsent(third, '1', at(2));
    expect(await claimedIds(5)).toEqual([other.id, second.id]);
    expect(await rows().listDead(10)).toEqual(
      [third, second, first].map(({ id }) => ({
        id,
        runId: 'r',
        type: 'run.completed',
        endpoint: '1',
        attempts: 0,
        deadAt: at(1).toISOString(),
        lastError: 'HTTP 410',
      })),
    );
  });

  it('revives what is dead, with all its attempts, and nothing else', async () => {
    const [dead, waiting] = [event({ runId: 'r' }), event({ runId: 'r' })];
    for (const each of [dead, waiting]) await rows().insertIfAbsent(each, '1', at(0));
    await rows().insertIfAbsent(dead, '2', at(0));
    await claimedIds(0);
    await rows().markGone(keyOf(dead), 'HTTP 410', at(1));
    await rows().markDelivered(keyOf(dead, '2'), at(1));
    expect(await rows().listDead(1)).toHaveLength(1);
    expect(await rows().revive(dead.id, at(20))).toBe(1);
    expect(await rows().revive(dead.id, at(20))).toBe(0);
    expect(await rows().claimDue(at(20), 5, at(30))).toMatchObject([
      { event: { id: dead.id }, endpoint: '1', attempts: 1 },
    ]);
    await rows().insertIfAbsent(event({ id: 'later', runId: 'r' }), '1', at(21));
    expect((await rows().listDead(10)).map(({ id }) => id)).toContain(waiting.id);
  });
});
