import { setTimeout as sleep } from 'node:timers/promises';
import { type Log } from '../run/ports.ts';
import { type Database } from './database.ts';
import { leaseRows } from './lease-rows.ts';
import { type Takeover, takeOverFrom } from './takeover.ts';
import { whenReachable } from './transient.ts';

const DEFAULT_TTL_MS = 15_000;
const CLAIM_POLL_MS = 200;
const BEATS_A_TTL = 3;

export interface ExecutorLeaseSettings {
  readonly database: Database;
  /** Stable name of this worker: two live processes must not share it, the later one wins. */
  readonly executorId: string;
  /** Of the workflows' code: those that other code has begun are taken up only when no worker of its lives. */
  readonly version: string;
  /** A worker that has not been heard of for so long is dead. 15 s by default. */
  readonly ttlMs?: number;
  readonly takeover: Takeover;
  /** This process was taken for dead, or another has started under its name: it must end at once. */
  readonly onLost: () => void;
  readonly log: Log;
}

/** The sign of life of a worker, and its watch over the others: what a dead one has begun, a live one goes on with. */
export interface ExecutorLease {
  /**
   * Takes the lease, waiting while a peer still takes over from this worker's former life, then keeps it and
   * sweeps until `stop`. To be awaited before the engine recovers this worker's own workflows.
   */
  start(signal: AbortSignal): Promise<void>;
  /**
   * Takes up and begins what the engine leaves lying: of other versions whose last worker has ended, and what nobody
   * had begun. To be awaited once the engine is there.
   */
  takeUpLeft(): Promise<void>;
  /** Takes over from every executor that is dead now. */
  sweep(): Promise<void>;
  /** Ends both loops and the lease: what is unfinished goes to the peers with their next sweep. */
  stop(): Promise<void>;
}

export function createExecutorLease(settings: ExecutorLeaseSettings): ExecutorLease {
  const { database, executorId, version, takeover, ttlMs = DEFAULT_TTL_MS, log } = settings;
  const rows = leaseRows(database);
  const stopping = new AbortController();
  let startedAt: Date | null = null;
  let loops: Promise<unknown> = Promise.resolve();

  const prolong = async (forMs: number): Promise<boolean> =>
    startedAt !== null && rows.prolong({ id: executorId, startedAt }, forMs);

  const beat = async (): Promise<void> => {
    if (await prolong(ttlMs)) return;
    log.error({ executorId }, 'this worker lost its lease: a peer goes on with its runs');
    stopping.abort();
    settings.onLost();
  };

  const sweep = async (): Promise<void> => {
    for (const dead of await rows.claimDead(executorId)) {
      await takeOverFrom(dead, { ...settings, rows, by: executorId });
    }
  };

  const repeat = async (what: string, work: () => Promise<void>): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        await sleep(ttlMs / BEATS_A_TTL, undefined, { signal: stopping.signal });
        await work();
      } catch (error) {
        if (!stopping.signal.aborted) log.warn({ reason: String(error) }, `${what} failed`);
      }
    }
  };

  return {
    async start(signal) {
      while (
        !(startedAt = await whenReachable(() => rows.acquire({ id: executorId, version }, ttlMs), signal))
      ) {
        await sleep(CLAIM_POLL_MS, undefined, { signal });
      }
      loops = Promise.all([repeat('keeping the lease', beat), repeat('the sweep for dead workers', sweep)]);
    },
    async takeUpLeft() {
      await takeover.takeUpOutdated(() => rows.livingVersions());
      await takeover.startQueued();
    },
    sweep,
    async stop() {
      stopping.abort();
      await loops;
      await prolong(0);
    },
  };
}
