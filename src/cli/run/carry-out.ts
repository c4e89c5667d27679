import { type RunPolicy, type Log, type Models, type WorkspaceProvider } from '../../run/ports.ts';
import { type Provision } from '../../run/steps/provision.ts';
import { runJob } from '../../run/steps/run-job.ts';
import { type RunFolder } from '../../store/run-folder.ts';
import { openMailbox } from '../../workspace/mailbox.ts';
import { type Interrupts } from './interrupts.ts';
import { type LiveView } from './live-view.ts';

export interface Undertaking {
  readonly store: RunFolder;
  readonly workspaces: WorkspaceProvider;
  readonly models: Models;
  readonly policy: RunPolicy;
  readonly terms: Provision;
  readonly view: LiveView;
  readonly interrupts: Interrupts;
  readonly log: Log;
}

/**
 * Starts the runner in its workspace, unless it was started before, and follows it to its end: as a server
 * does, without a forge. The result is in the store then. The first interrupt cancels the run in order; with
 * the second one this rejects, and the workspace is gone with all its processes, as it is in every other case.
 */
export async function carryOut(undertaking: Undertaking): Promise<void> {
  const { store, workspaces, interrupts } = undertaking;
  const { run } = store;
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => {});
  const cancel = (): void => {
    undertaking.view.note('cancelling; Ctrl-C again ends it at once');
    void store.requestCancel('Ctrl-C').catch(ended.reject);
  };
  const end = (): void => ended.reject(interrupts.second.reason);
  if (interrupts.second.aborted) end();
  else if (interrupts.first.aborted) cancel();
  interrupts.first.addEventListener('abort', cancel);
  interrupts.second.addEventListener('abort', end);
  try {
    await Promise.race([followRunner(undertaking), ended.promise]);
  } finally {
    interrupts.first.removeEventListener('abort', cancel);
    interrupts.second.removeEventListener('abort', end);
    await workspaces.remove(run.id);
  }
}

async function followRunner(undertaking: Undertaking): Promise<void> {
  const { store, workspaces, models, policy, terms, view, interrupts, log } = undertaking;
  const { run, job } = store;
  const workspace = await workspaces.ensure(run, interrupts.second);
  if ((await workspace.runnerState()) === 'not-started') await workspace.startRunner(job, interrupts.second);
  const spent = async (): Promise<void> => view.spent((await store.spending(run.id)).costUsd);
  await spent();
  await runJob(
    {
      workspaces,
      openMailbox,
      models,
      policy,
      log,
      stopping: interrupts.second,
      finishFirst: (work) => work,
      store: {
        ...store,
        saveModelCall: async (runId, call) => {
          await store.saveModelCall(runId, call);
          await spent();
        },
      },
    },
    run,
    terms,
    { saw: (event) => view.saw(event), stop: async () => {} },
  );
}
