/** All the server knows: snapshots, sandboxes, and what it allows. */
import { ApiError } from './api-error.ts';
import { endSandbox, makeSandbox, type Sandbox, type SandboxDraft, type SnapshotFiles } from './sandbox.ts';

export type SnapshotState = 'active' | 'building' | 'error' | 'inactive';

export interface Snapshot {
  readonly name: string;
  readonly state: SnapshotState;
  readonly files: SnapshotFiles;
}

export interface DaytonaStore {
  readonly sandboxes: Map<string, Sandbox>;
  readonly snapshots: Map<string, Snapshot>;
  /** Most sandboxes at once. */
  quota: number;
  /** Most sandboxes of one answer to a list. */
  pageSize: number;
  /** True when the server is being closed: what is still on its way is not made. */
  isClosed: boolean;
  create(draft: SandboxDraft): Promise<Sandbox>;
  /** By id or name. Throws 404. */
  sandbox(idOrName: string): Sandbox;
  /** Begins to remove it; resolves when nothing of it is left. */
  remove(sandbox: Sandbox): Promise<void>;
}

export const REGIONS = ['eu', 'us'];

export function createStore(): DaytonaStore {
  const sandboxes = new Map<string, Sandbox>();
  const snapshots = new Map<string, Snapshot>();
  const store: DaytonaStore = {
    sandboxes,
    snapshots,
    quota: Number.POSITIVE_INFINITY,
    pageSize: 100,
    isClosed: false,
    async create(draft) {
      if (!REGIONS.includes(draft.target)) throw new ApiError(404, 'Region not found', 'NOT_FOUND');
      const snapshot = snapshots.get(draft.snapshot);
      if (snapshot === undefined) throw new ApiError(400, `Snapshot ${draft.snapshot} not found.`);
      if (snapshot.state !== 'active')
        throw new ApiError(400, `Snapshot ${draft.snapshot} is ${snapshot.state}`);
      const taken = [...sandboxes.values()].some(({ name }) => name === draft.name);
      if (taken) throw new ApiError(409, `Sandbox with name ${draft.name} already exists`, 'CONFLICT');
      if (sandboxes.size >= store.quota) {
        throw new ApiError(403, `Total CPU limit exceeded. Maximum allowed: ${store.quota}.`, 'FORBIDDEN');
      }
      const sandbox = await makeSandbox(draft, snapshot.files);
      if (store.isClosed) {
        await endSandbox(sandbox);
        throw new ApiError(503, 'The server is being closed');
      }
      sandboxes.set(sandbox.id, sandbox);
      return sandbox;
    },
    sandbox(idOrName) {
      const found = sandboxes.get(idOrName) ?? [...sandboxes.values()].find(({ name }) => name === idOrName);
      if (found === undefined) throw new ApiError(404, `Sandbox ${idOrName} not found`, 'NOT_FOUND');
      return found;
    },
    async remove(sandbox) {
      sandbox.state = 'destroying';
      await endSandbox(sandbox);
      sandboxes.delete(sandbox.id);
    },
  };
  return store;
}
