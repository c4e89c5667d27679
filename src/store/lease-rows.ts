import { sql } from 'kysely';
import { type Database } from './database.ts';

const CLAIM_MS = 30_000;

/** One life of an executor that has ended. */
export interface DeadExecutor {
  readonly id: string;
  readonly startedAt: Date;
}

/** The table of leases. All times are the database's: the clocks of workers differ. */
export interface LeaseRows {
  /** Begins a life of the executor; null while a peer takes over from an earlier one. */
  acquire(executor: { readonly id: string; readonly version: string }, ttlMs: number): Promise<Date | null>;
  /** False when that life was taken for dead, or another has begun. */
  prolong(life: DeadExecutor, ttlMs: number): Promise<boolean>;
  /** Those of all that live; null for one that is too old to have told. */
  livingVersions(): Promise<readonly (string | null)[]>;
  /** Executors that are dead and whose work nobody takes over; `by` has 30 s to do it. */
  claimDead(by: string): Promise<readonly DeadExecutor[]>;
  /** Deletes what `by` took over from. */
  forget(dead: DeadExecutor, by: string): Promise<void>;
  /** Leaves it to the next sweep, whoever's. */
  giveBack(dead: DeadExecutor, by: string): Promise<void>;
}

const now = sql<Date>`clock_timestamp()`;
const inMs = (ms: number) => sql<Date>`clock_timestamp() + make_interval(secs => ${ms / 1000})`;
const unclaimed = sql<boolean>`(executor_lease.claimed_by is null or executor_lease.claim_expires_at < clock_timestamp())`;

/** Two lives of one name that begin within a millisecond are still two. */
const laterThanBefore = (startedAt: ReturnType<typeof sql<Date>>) =>
  sql<Date>`greatest(${startedAt}, executor_lease.started_at + interval '1 millisecond')`;

export function leaseRows({ kysely }: Database): LeaseRows {
  return {
    async acquire({ id, version }, ttlMs) {
      // Cut to milliseconds: that is what a Date keeps, and it is compared with later.
      const startedAt = sql<Date>`date_trunc('milliseconds', clock_timestamp())`;
      const fresh = {
        version,
        started_at: startedAt,
        expires_at: inMs(ttlMs),
        claimed_by: null,
        claim_expires_at: null,
      };
      const row = await kysely
        .insertInto('executor_lease')
        .values({ id, ...fresh })
        .onConflict((conflict) =>
          conflict
            .column('id')
            .doUpdateSet({ ...fresh, started_at: laterThanBefore(startedAt) })
            .where(unclaimed),
        )
        .returning('started_at')
        .executeTakeFirst();
      return row?.started_at ?? null;
    },
    async prolong({ id, startedAt }, ttlMs) {
      const row = await kysely
        .updateTable('executor_lease')
        .set({ expires_at: inMs(ttlMs) })
        .where('id', '=', id)
        .where('started_at', '=', startedAt)
        .where('claimed_by', 'is', null)
        .returning('id')
        .executeTakeFirst();
      return row !== undefined;
    },
    async livingVersions() {
      const rows = await kysely
        .selectFrom('executor_lease')
        .select('version')
        .distinct()
        .where('expires_at', '>=', now)
        .where('claimed_by', 'is', null)
        .execute();
      return rows.map(({ version }) => version);
    },
    async claimDead(by) {
      const rows = await kysely
        .updateTable('executor_lease')
        .set({ claimed_by: by, claim_expires_at: inMs(CLAIM_MS) })
        .where('id', '<>', by)
        .where('expires_at', '<', now)
        .where(unclaimed)
        .returning(['id', 'started_at'])
        .execute();
      return rows.map((row) => ({ id: row.id, startedAt: row.started_at }));
    },
    async forget({ id, startedAt }, by) {
      await kysely
        .deleteFrom('executor_lease')
        .where('id', '=', id)
        .where('started_at', '=', startedAt)
        .where('claimed_by', '=', by)
        .execute();
    },
    async giveBack({ id, startedAt }, by) {
      await kysely
        .updateTable('executor_lease')
        .set({ claimed_by: null, claim_expires_at: null })
        .where('id', '=', id)
        .where('started_at', '=', startedAt)
        .where('claimed_by', '=', by)
        .execute();
    },
  };
}
