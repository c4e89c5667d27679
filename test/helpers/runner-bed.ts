import { EMPTY_BASE_SHA } from '../../src/protocol/empty-base.ts';
import { runInFolder } from '../../src/runner/run-in-folder.ts';
import {
  type JobChoice,
  jobFor,
  type Script,
  type ScriptedMailbox,
  scriptedMailbox,
} from './scripted-mailbox.ts';
import { sourceRepository } from './source-repository.ts';

export interface RunnerBed {
  /** A workspace for a job on a repository of these files; nothing runs yet. */
  prepare(
    files: Readonly<Record<string, string | Uint8Array>>,
    script: Script,
    choice?: Partial<JobChoice>,
  ): Promise<ScriptedMailbox>;
  /** The same, with the whole job done in this process. */
  run(
    files: Readonly<Record<string, string | Uint8Array>>,
    script: Script,
    choice?: Partial<JobChoice>,
  ): Promise<ScriptedMailbox>;
  /** A whole job without a repository, validated unless the choice says otherwise. */
  runFromNothing(script: Script, choice?: Partial<JobChoice>): Promise<ScriptedMailbox>;
  /** Removes every folder it made. */
  clear(): Promise<void>;
}

/** Real repositories, real commands, and a scripted model at the other end of a real mailbox. */
export function runnerBed(): RunnerBed {
  const made: { remove(): Promise<void> }[] = [];
  const bed: RunnerBed = {
    async prepare(files, script, choice = {}) {
      const source = await sourceRepository(files);
      const job = jobFor({ cloneUrl: source.url, baseSha: source.sha, ...choice });
      const mailbox = await scriptedMailbox(job, script);
      made.push(source, mailbox);
      return mailbox;
    },
    async run(files, script, choice) {
      const mailbox = await bed.prepare(files, script, choice);
      await runInFolder(mailbox.folder, new AbortController());
      return mailbox;
    },
    async runFromNothing(script, choice = {}) {
      const job = jobFor({
        cloneUrl: null,
        baseSha: EMPTY_BASE_SHA,
        acceptance: 'validation',
        ...choice,
        checks: { setup: null, ...choice.checks },
      });
      const mailbox = await scriptedMailbox(job, script);
      made.push(mailbox);
      await runInFolder(mailbox.folder, new AbortController());
      return mailbox;
    },
    async clear() {
      for (const each of made.splice(0)) await each.remove();
    },
  };
  return bed;
}
