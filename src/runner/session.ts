import { type RunnerJob } from '../protocol/runner-job.ts';
import { type AskModel } from './ask-model.ts';
import { type Commands } from './command/command.ts';
import { type Turns } from './command/turns.ts';
import { type Emit } from './events.ts';
import { type Fence } from './fence.ts';
import { type Inbox } from './inbox.ts';
import { type WorkspaceFolder } from './workspace-folder.ts';

/** What a job is given. */
export interface JobSetup {
  readonly job: RunnerJob;
  readonly folder: WorkspaceFolder;
  readonly inbox: Pick<Inbox, 'cloneToken' | 'readMessages'>;
  readonly ask: AskModel;
  readonly emit: Emit;
  /** Ends the job; its reason is a PtcError. */
  readonly signal: AbortSignal;
}

/** What its parts share. */
export interface Session extends JobSetup {
  readonly commands: Commands;
  readonly fence: Fence;
  /** Trees are set up one after another: they fill one cache of packages. */
  readonly setUps: Turns;
  /** Tests that were seen to fail before the change they show was written, by their keys. */
  readonly failedFirst: Set<string>;
}
