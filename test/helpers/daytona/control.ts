/** The control plane: sandboxes and snapshots. */
import * as z from 'zod';
import { ApiError } from './api-error.ts';
import { type Course } from './faults.ts';
import { endProcesses, type Sandbox } from './sandbox.ts';
import { type DaytonaStore, REGIONS, type Snapshot } from './store.ts';

export interface ControlCall {
  readonly store: DaytonaStore;
  readonly baseUrl: string;
  readonly id: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly createdAs: Course['createdAs'];
}

type Handler = (call: ControlCall) => unknown;

const Draft = z.object({
  name: z.string().optional(),
  snapshot: z.string().default('default'),
  target: z.string().default(REGIONS[0] ?? ''),
  env: z.record(z.string(), z.string()).default({}),
  labels: z.record(z.string(), z.string()).default({}),
  autoStopInterval: z.number().int().default(15),
  autoDeleteInterval: z.number().int().default(-1),
  domainAllowList: z.string().optional(),
  networkAllowList: z.string().optional(),
  cpu: z.undefined().optional(),
  memory: z.undefined().optional(),
  disk: z.undefined().optional(),
});

/** By method and route; anything else is a 404, so that a call nobody foresaw is seen. */
export const CONTROL: Readonly<Record<string, Handler>> = {
  'POST /sandbox': async ({ store, baseUrl, body, createdAs }) => {
    const draft = Draft.safeParse(body);
    if (!draft.success) throw new ApiError(400, `Bad request: ${draft.error.message}`);
    const { name = null, domainAllowList = null, networkAllowList = null, ...rest } = draft.data;
    const sandbox = await store.create({ ...rest, name, domainAllowList, networkAllowList });
    if (createdAs !== null) sandbox.state = createdAs;
    return present(sandbox, baseUrl);
  },
  'GET /sandbox': ({ store, baseUrl, query }) => {
    const wanted = Object.entries(
      z.record(z.string(), z.string()).parse(JSON.parse(query.get('labels') ?? '{}')),
    );
    const limit = Math.min(Number(query.get('limit') ?? store.pageSize), store.pageSize);
    const from = Number(query.get('cursor') ?? 0);
    const all = [...store.sandboxes.values()].filter(({ labels }) =>
      wanted.every(([key, value]) => labels[key] === value),
    );
    const nextCursor = from + limit < all.length ? String(from + limit) : null;
    return { items: all.slice(from, from + limit).map((each) => present(each, baseUrl)), nextCursor };
  },
  'GET /sandbox/{id}': ({ store, baseUrl, id }) => present(store.sandbox(id), baseUrl),
  'DELETE /sandbox/{id}': ({ store, baseUrl, id }) => {
    const sandbox = store.sandbox(id);
    if (sandbox.state === 'destroying')
      throw new ApiError(409, 'Sandbox state change in progress', 'CONFLICT');
    void store.remove(sandbox);
    return present(sandbox, baseUrl);
  },
  'POST /sandbox/{id}/start': ({ store, baseUrl, id }) => {
    const sandbox = store.sandbox(id);
    sandbox.state = 'started';
    return present(sandbox, baseUrl);
  },
  'POST /sandbox/{id}/stop': async ({ store, baseUrl, id }) => {
    const sandbox = store.sandbox(id);
    sandbox.state = 'stopped';
    await endProcesses(sandbox);
    sandbox.sessions.clear();
    return present(sandbox, baseUrl);
  },
  'PUT /sandbox/{id}/labels': ({ store, id, body }) => {
    const sandbox = store.sandbox(id);
    sandbox.labels = z.object({ labels: z.record(z.string(), z.string()) }).parse(body).labels;
    return { labels: sandbox.labels };
  },
  'POST /sandbox/{id}/last-activity': ({ store, id }) => {
    store.sandbox(id).lastActivityAt = new Date().toISOString();
    return {};
  },
  'GET /snapshots': ({ store }) => {
    const items = [...store.snapshots.values()].map(presentSnapshot);
    return { items, total: items.length, page: 1, totalPages: 1 };
  },
  'POST /snapshots': ({ store, body }) => {
    const { name } = z.looseObject({ name: z.string() }).parse(body);
    if (store.snapshots.has(name)) throw new ApiError(409, `Snapshot ${name} already exists`, 'CONFLICT');
    const snapshot: Snapshot = { name, state: 'active', files: {} };
    store.snapshots.set(name, snapshot);
    return presentSnapshot(snapshot);
  },
  'GET /snapshots/{id}': ({ store, id }) => presentSnapshot(snapshotOf(store, id)),
  'DELETE /snapshots/{id}': ({ store, id }) => {
    store.snapshots.delete(snapshotOf(store, id).name);
    return {};
  },
  'POST /snapshots/{id}/activate': ({ store, id }) => {
    const active: Snapshot = { ...snapshotOf(store, id), state: 'active' };
    store.snapshots.set(active.name, active);
    return presentSnapshot(active);
  },
};

function snapshotOf(store: DaytonaStore, idOrName: string): Snapshot {
  const found = store.snapshots.get(idOrName);
  if (found === undefined) throw new ApiError(404, `Snapshot ${idOrName} not found`, 'NOT_FOUND');
  return found;
}

function present(sandbox: Sandbox, baseUrl: string): Readonly<Record<string, unknown>> {
  const { folder: _folder, sessions: _sessions, ...told } = sandbox;
  return {
    ...told,
    organizationId: 'organization',
    user: 'daytona',
    public: false,
    networkBlockAll: false,
    cpu: 1,
    gpu: 0,
    memory: 1,
    disk: 3,
    desiredState: 'started',
    toolboxProxyUrl: `${baseUrl}/toolbox`,
  };
}

/** A snapshot's name is its id as well. */
const presentSnapshot = ({ name, state }: Snapshot): Readonly<Record<string, unknown>> => ({
  id: name,
  name,
  state,
  general: false,
  size: 1,
  entrypoint: null,
  cpu: 1,
  gpu: 0,
  mem: 1,
  disk: 3,
  errorReason: state === 'error' ? 'the build failed' : null,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  lastUsedAt: null,
});
