import { type OutboxRows } from '../../src/webhook/outbox.ts';
import { type OutgoingWebhook } from '../../src/run/ports.ts';

export interface MemoryRow {
  readonly event: OutgoingWebhook;
  readonly createdAt: Date;
  attempts: number;
  nextAttemptAt: Date;
  deliveredAt: Date | null;
  deadAt: Date | null;
  lastError: string | null;
}

/** The table in memory, for one process: no transactions, no other workers. */
export function memoryOutboxRows(): OutboxRows & { readonly all: ReadonlyMap<string, MemoryRow> } {
  const all = new Map<string, MemoryRow>();
  const open = () => [...all.values()].filter((row) => row.deliveredAt === null && row.deadAt === null);
  const update = (id: string, change: Partial<MemoryRow>) => {
    const row = all.get(id);
    if (row !== undefined) Object.assign(row, change);
  };
  return {
    all,
    insertIfAbsent: async (event, now) => {
      if (all.has(event.id)) return;
      all.set(event.id, {
        event,
        createdAt: now,
        attempts: 0,
        nextAttemptAt: now,
        deliveredAt: null,
        deadAt: null,
        lastError: null,
      });
    },
    claimDue: async (now, limit, leaseUntil) => {
      const firstOfRun = new Map(
        open()
          .toReversed()
          .map((row) => [row.event.runId, row]),
      );
      const due = open()
        .filter((row) => firstOfRun.get(row.event.runId) === row && row.nextAttemptAt <= now)
        .slice(0, limit);
      return due.map((row) => {
        row.attempts += 1;
        row.nextAttemptAt = leaseUntil;
        return { event: row.event, createdAt: row.createdAt, attempts: row.attempts };
      });
    },
    markDelivered: async (id, now) => update(id, { deliveredAt: now }),
    markFailed: async (id, error, nextAttemptAt, now) =>
      update(id, {
        lastError: error,
        ...(nextAttemptAt === null ? { deadAt: now } : { nextAttemptAt }),
      }),
  };
}
