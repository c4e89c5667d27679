import path from 'node:path';
import * as z from 'zod';
import { PtcError } from '../domain/errors.ts';

/** Where the app keeps its own files in a workspace, beside those the runner reads and writes. */
export interface WorkspaceFolder {
  readonly runId: string;
  readonly root: string;
  /** Whose workspace this is. Written first and removed last: a folder without it is none of ours. */
  readonly labels: string;
  /** Made by whoever is about to start the runner, so that nobody else does. */
  readonly startClaim: string;
  /** The started runner's process. */
  readonly runnerProcess: string;
  readonly runnerLog: string;
  readonly events: string;
  readonly result: string;
  readonly home: string;
  readonly temporary: string;
  readonly inbox: string;
}

export const WorkspaceLabels = z
  .object({
    runId: z.string(),
    /** What it works on, for people who look into the folder. */
    place: z.string().default(''),
    createdAt: z.iso.datetime(),
  })
  .readonly();
export type WorkspaceLabels = z.infer<typeof WorkspaceLabels>;

const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** True when the id can name a folder: nothing in it climbs, hides or splits. */
export const isRunId = (runId: string): boolean => RUN_ID.test(runId);

/** `parent` must be a real path. Throws `run-id-invalid`. */
export function workspaceFolder(parent: string, runId: string): WorkspaceFolder {
  if (!isRunId(runId)) {
    throw new PtcError({
      code: 'run-id-invalid',
      message: 'A run id cannot name a folder.',
      remedy: 'Use letters, digits, dots, dashes and underscores, at most 128 of them.',
      retryable: false,
    });
  }
  const root = path.join(parent, runId);
  return {
    runId,
    root,
    labels: path.join(root, 'workspace.json'),
    startClaim: path.join(root, 'runner-claim.json'),
    runnerProcess: path.join(root, 'runner-process.json'),
    runnerLog: path.join(root, 'runner.log'),
    events: path.join(root, 'events.ndjson'),
    result: path.join(root, 'result.json'),
    home: path.join(root, 'home'),
    temporary: path.join(root, 'tmp'),
    inbox: path.join(root, 'inbox'),
  };
}
