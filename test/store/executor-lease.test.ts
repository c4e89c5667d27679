import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createExecutorLease, type ExecutorLease } from '../../src/store/executor-lease.ts';
import { onEveryDatabase } from './every-database.ts';

const { signal } = new AbortController();
const quiet = { info: () => {}, warn: () => {}, error: () => {} };
/** Nothing expires by itself within a test. */
const LONG_MS = 600_000;

onEveryDatabase('the lease of an executor', (database) => {
  const leases: ExecutorLease[] = [];
  const log: string[] = [];
  let pending: Record<string, readonly string[]>;
  let refuseResume: boolean;
  let startedQueued: number;
  let living: (readonly (string | null)[])[];

  beforeEach(async () => {
    pending = {};
    refuseResume = false;
    startedQueued = 0;
    living = [];
    log.length = 0;
    await database().pool.query('truncate executor_lease, takeovers');
  });
  afterEach(async () => {
    await Promise.all(leases.splice(0).map((lease) => lease.stop()));
  });

  /** A named fake of the durable engine: who has begun what, and what was done about it. */
  const engine = {
    listPending: async (ids: readonly string[]) => ids.flatMap((id) => pending[id] ?? []),
    resume: async (ids: readonly string[]) => {
      if (refuseResume) throw new Error('the engine is away');
      log.push(`resume ${ids.join(' ')}`);
    },
    takeUpOutdated: async (livingVersions: () => Promise<readonly (string | null)[]>) => {
      living.push((await livingVersions()).toSorted((a, b) => String(a).localeCompare(String(b))));
    },
    startQueued: async () => {
      startedQueued += 1;
    },
    failAsPoison: async (id: string, takeovers: number) => {
      log.push(`fail ${id} after ${takeovers}`);
    },
  };
  const lease = (executorId: string, ttlMs = LONG_MS, version = 'v1'): ExecutorLease => {
    const created = createExecutorLease({
      database: database(),
      executorId,
      version,
      ttlMs,
      takeover: engine,
      onLost: () => log.push(`${executorId} lost`),
      log: quiet,
    });
    leases.push(created);
    return created;
  };
  const die = (executorId: string) =>
    database().pool.query(`update executor_lease set expires_at = now() - interval '1 s' where id = $1`, [
      executorId,
    ]);
  /** What `what` will become true of, or the test times out. */
  const until = async (what: () => boolean): Promise<void> => {
    while (!what()) await sleep(10);
  };

  it('leaves live executors alone', async () => {
    pending = { a: ['w1'], b: ['w2'] };
    await lease('a').start(signal);
    await lease('b').start(signal);
    await leases[0]?.sweep();
    expect(log).toEqual([]);
  });

  it('hands what a dead executor had begun to one of the peers that sweep at once', async () => {
    pending = { dead: ['w1', 'w2'] };
    for (const id of ['dead', 'a', 'b', 'c']) await lease(id).start(signal);
    await die('dead');
    await Promise.all(leases.slice(1).map((each) => each.sweep()));
    await leases[1]?.sweep();
    expect(log).toEqual(['resume w1 w2']);
    expect(startedQueued).toBe(1);
  });

  it('has begun what a dead executor had stored and not begun', async () => {
    for (const id of ['dead', 'a']) await lease(id).start(signal);
    await leases[1]?.sweep();
    expect(startedQueued).toBe(0);
    await die('dead');
    await leases[1]?.sweep();
    expect(startedQueued).toBe(1);
  });

  it('tells with each takeover which versions still have a worker that lives', async () => {
    await lease('old-1').start(signal);
    await lease('old-2').start(signal);
    await lease('new', LONG_MS, 'v2').start(signal);
    await leases[2]?.takeUpLeft();
    await die('old-1');
    await leases[2]?.sweep();
    await die('old-2');
    await leases[2]?.sweep();
    expect(living).toEqual([['v1', 'v2'], ['v1', 'v2'], ['v2']]);
    expect(startedQueued).toBe(3);
  });

  it('tells of a worker whose version is not known, and of its own when it came back as another', async () => {
    await lease('older').start(signal);
    await database().pool.query('update executor_lease set version = null');
    await lease('back').start(signal);
    await lease('back', LONG_MS, 'v2').start(signal);
    await leases[2]?.takeUpLeft();
    expect(living).toEqual([[null, 'v2']]);
  });

  it('takes over by itself from an executor that is not heard of any more', async () => {
    pending = { dead: ['w1'] };
    await lease('a', 300).start(signal);
    await lease('dead').start(signal);
    await die('dead');
    await until(() => log.length > 0);
    expect(log).toEqual(['resume w1']);
  });

  it('stays alive by beating', async () => {
    const expiry = async (): Promise<number> => {
      const { rows } = await database().pool.query<{ at: Date }>(
        'select expires_at as at from executor_lease',
      );
      return rows[0]?.at.getTime() ?? 0;
    };
    await lease('a', 300).start(signal);
    const first = await expiry();
    while ((await expiry()) <= first) await sleep(10);
    expect(log).toEqual([]);
  });

  it('gives its work up to the peers when it stops', async () => {
    pending = { a: ['w1'] };
    const a = lease('a');
    await a.start(signal);
    await a.stop();
    await sleep(5);
    const b = lease('b');
    await b.start(signal);
    await b.sweep();
    expect(log).toEqual(['resume w1']);
  });

  it('tells an executor that was taken for dead', async () => {
    await lease('slow', 600).start(signal);
    const peer = lease('b');
    // It may beat between the two: then it was not dead yet.
    while (log.length === 0) {
      await die('slow');
      await peer.sweep();
      await sleep(10);
    }
    expect(log).toEqual(['slow lost']);
  });

  it('tells an executor whose name another process has taken', async () => {
    await lease('twin', 300).start(signal);
    await lease('twin').start(signal);
    await until(() => log.includes('twin lost'));
    expect(log).toEqual(['twin lost']);
  });

  it('fails a run that has been taken over three times, and only that', async () => {
    await lease('peer').start(signal);
    for (let life = 1; life <= 4; life += 1) {
      pending = { dead: life === 4 ? ['poison', 'other'] : ['poison'] };
      await lease('dead').start(signal);
      await die('dead');
      await leases[0]?.sweep();
    }
    expect(log).toEqual([
      'resume poison',
      'resume poison',
      'resume poison',
      'fail poison after 3',
      'resume other',
    ]);
  });

  it('tries a takeover that failed again, and counts it once', async () => {
    pending = { dead: ['w1'] };
    await lease('peer').start(signal);
    await lease('dead').start(signal);
    await die('dead');
    refuseResume = true;
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await expect(leases[0]?.sweep()).rejects.toThrow('the engine is away');
    }
    refuseResume = false;
    await leases[0]?.sweep();
    expect(log).toEqual(['resume w1']);
  });

  it('lets an executor come back only when a takeover from its former life is over', async () => {
    await lease('peer').start(signal);
    await lease('back').start(signal);
    await die('back');
    const order: string[] = [];
    const inTakeover = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    const sweeper = createExecutorLease({
      database: database(),
      executorId: 'sweeper',
      version: 'v1',
      takeover: {
        ...engine,
        listPending: async () => {
          inTakeover.resolve();
          await mayEnd.promise;
          order.push('taken over');
          return [];
        },
      },
      onLost: () => {},
      log: quiet,
    });
    const swept = sweeper.sweep();
    await inTakeover.promise;
    const back = lease('back')
      .start(signal)
      .then(() => order.push('back'));
    await sleep(300);
    mayEnd.resolve();
    await Promise.all([swept, back]);
    expect(order).toEqual(['taken over', 'back']);
  });
});
