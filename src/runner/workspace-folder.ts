import { join } from 'node:path';

/** Where everything of one job lies. All absolute. */
export interface WorkspaceFolder {
  readonly root: string;
  readonly job: string;
  readonly inbox: string;
  readonly events: string;
  readonly blobs: string;
  readonly result: string;
  /** The git repository, outside every tree a command can write to. */
  readonly git: string;
  /** Checkouts: `base`, `work`, `proof-1`… */
  readonly trees: string;
}

export const workspaceFolder = (root: string): WorkspaceFolder => ({
  root,
  job: join(root, 'job.json'),
  inbox: join(root, 'inbox'),
  events: join(root, 'events.ndjson'),
  blobs: join(root, 'blobs'),
  result: join(root, 'result.json'),
  git: join(root, 'git'),
  trees: join(root, 'trees'),
});
