/** Daytona's API and toolbox on loopback, as @daytonaio/sdk 0.218 calls them. Commands really run. */
import { once } from 'node:events';
import { type Duplex } from 'node:stream';
import { createFaults, type DaytonaFaults, type DaytonaRequest } from './faults.ts';
import { endSandbox, placeIn, type Sandbox, type SnapshotFiles } from './sandbox.ts';
import { createDaytonaServer } from './server.ts';
import { createStore, type SnapshotState } from './store.ts';

export { type DaytonaRequest } from './faults.ts';

export interface DaytonaServer {
  readonly url: string;
  readonly apiKey: string;
  /** All there were, in their order. */
  readonly requests: readonly DaytonaRequest[];
  readonly on: DaytonaFaults['on'];
  /** Those there are now, the ones being removed too. */
  sandboxes(): readonly Sandbox[];
  /** Where a path of the one sandbox there is lies on this machine; null without one. */
  place(file: string): string | null;
  /** Adds or changes a snapshot; null removes it. */
  setSnapshot(name: string, state: SnapshotState | null, files?: SnapshotFiles): void;
  /** Most sandboxes at once. */
  setQuota(most: number): void;
  /** Most sandboxes of one answer to a list. */
  setPageSize(most: number): void;
  setLatencyMs(latencyMs: number): void;
  /** The sandbox is gone, as if somebody had deleted it in the dashboard. */
  destroy(sandbox: Sandbox): Promise<void>;
  close(): Promise<void>;
}

export const SNAPSHOT = 'ptc-test';

export async function startDaytona(): Promise<DaytonaServer> {
  const store = createStore();
  const faults = createFaults();
  const requests: DaytonaRequest[] = [];
  const streams = new Set<Duplex>();
  const apiKey = 'canary-daytona-key-71b6';
  let latencyMs = 0;
  let url = '';
  const server = createDaytonaServer({
    store,
    faults,
    requests,
    streams,
    apiKey,
    latencyMs: () => latencyMs,
    baseUrl: () => url,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  url = `http://127.0.0.1:${address.port}`;
  store.snapshots.set(SNAPSHOT, { name: SNAPSHOT, state: 'active', files: {} });

  return {
    url,
    apiKey,
    requests,
    on: (...fault) => faults.on(...fault),
    sandboxes: () => [...store.sandboxes.values()],
    place: (file) => {
      const [sandbox] = store.sandboxes.values();
      return sandbox === undefined ? null : placeIn(sandbox, file);
    },
    setSnapshot: (name, state, files = store.snapshots.get(name)?.files ?? {}) => {
      if (state === null) store.snapshots.delete(name);
      else store.snapshots.set(name, { name, state, files });
    },
    setQuota: (most) => {
      store.quota = most;
    },
    setPageSize: (most) => {
      store.pageSize = most;
    },
    setLatencyMs: (wanted) => {
      latencyMs = wanted;
    },
    destroy: (sandbox) => store.remove(sandbox),
    close: async () => {
      store.isClosed = true;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      for (const stream of streams) stream.destroy();
      await Promise.all([...store.sandboxes.values()].map((sandbox) => endSandbox(sandbox)));
      await closed;
    },
  };
}
