import { type DeliveryKey, type OutboxRows } from '../../src/webhook/outbox.ts';
import { type OutgoingWebhook } from '../../src/run/ports.ts';

export interface MemoryRow {
  readonly event: OutgoingWebhook;
  readonly endpoint: string;
  readonly createdAt: Date;
  attempts: number;
  nextAttemptAt: Date;
  deliveredAt: Date | null;
  deadAt: Date | null;
  goneAt: Date | null;
  lastError: string | null;
}

export interface MemoryOutboxRows extends OutboxRows {
  readonly all: readonly MemoryRow[];
  /** The event as it stands for this receiver. */
  row(id: string, endpoint?: string): MemoryRow | undefined;
}

/** The table in memory, for one process: no transactions, no other workers. */
export function memoryOutboxRows(): MemoryOutboxRows {
  const all: MemoryRow[] = [];
  const isOpen = (row: MemoryRow) => row.deliveredAt === null && row.deadAt === null;
  const same = (one: MemoryRow, other: MemoryRow) =>
    one.event.runId === other.event.runId && one.endpoint === other.endpoint;
  const row = (id: string, endpoint = '1') =>
    all.find((one) => one.event.id === id && one.endpoint === endpoint);
  const update = ({ id, endpoint }: DeliveryKey, change: Partial<MemoryRow>) => {
    const found = row(id, endpoint);
    if (found !== undefined && found.deliveredAt === null) Object.assign(found, change);
  };
  return {
    all,
    row,
    insertIfAbsent: async (event, endpoint, now) => {
      if (row(event.id, endpoint) !== undefined) return;
      const unborn: MemoryRow = {
        event,
        endpoint,
        createdAt: now,
        attempts: 0,
        nextAttemptAt: now,
        deliveredAt: null,
        deadAt: null,
        goneAt: null,
        lastError: null,
      };
      const gone = all.findLast((one) => same(one, unborn) && one.goneAt !== null);
      all.push({ ...unborn, deadAt: gone?.goneAt ?? null, lastError: gone?.lastError ?? null });
    },
    claimDue: async (now, limit, leaseUntil) => {
      const due = all
        .filter((one) => isOpen(one) && one.nextAttemptAt <= now)
        .filter((one) => all.find((other) => isOpen(other) && same(one, other)) === one)
        .slice(0, limit);
      return due.map((one) => {
        one.attempts += 1;
        one.nextAttemptAt = leaseUntil;
        const { event, endpoint, createdAt, attempts } = one;
        return { event, endpoint, createdAt, attempts };
      });
    },
    markDelivered: async (key, now) => update(key, { deliveredAt: now, deadAt: null }),
    markFailed: async (key, error, nextAttemptAt, now) =>
      update(key, {
        lastError: error,
        ...(nextAttemptAt === null ? { deadAt: now } : { nextAttemptAt }),
      }),
    markGone: async ({ id, endpoint }, error, now) => {
      const found = row(id, endpoint);
      for (const one of all.filter((each) => isOpen(each) && found !== undefined && same(each, found)))
        Object.assign(one, { deadAt: now, goneAt: now, lastError: error });
    },
    listDead: async (limit) =>
      all
        .flatMap(({ event: { id, runId, type }, endpoint, attempts, deadAt, lastError }) =>
          deadAt === null
            ? []
            : [{ id, runId, type, endpoint, attempts, deadAt: deadAt.toISOString(), lastError }],
        )
        .toReversed()
        .slice(0, limit),
    revive: async (id, now) => {
      const dead = all.filter((one) => one.event.id === id && one.deadAt !== null);
      for (const one of dead)
        Object.assign(one, { deadAt: null, goneAt: null, attempts: 0, nextAttemptAt: now });
      return dead.length;
    },
  };
}
