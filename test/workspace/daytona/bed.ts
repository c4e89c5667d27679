import { type Workspace, type WorkspaceProvider } from '../../../src/run/ports.ts';
import { type DaytonaSettings } from '../../../src/workspace/daytona/settings.ts';
import { createDaytonaWorkspaces } from '../../../src/workspace/daytona/provider.ts';
import { openMailbox } from '../../../src/workspace/mailbox.ts';
import { type DaytonaServer, SNAPSHOT, startDaytona } from '../../helpers/daytona/index.ts';
import { eachEvent } from '../each-event.ts';
import { quiet, sampleRun, SCRIPTED_RUNNER, scriptedJob } from '../samples.ts';

/** A local Daytona server and our provider in front of it, with the scripted runner. */
export interface DaytonaBed {
  readonly daytona: DaytonaServer;
  readonly provider: WorkspaceProvider;
  readonly signal: AbortSignal;
  /** Another app on the same server. */
  another(settings?: Partial<DaytonaSettings>): Promise<WorkspaceProvider>;
  ensure(runId: string): Promise<Workspace>;
  /** A workspace with the scripted runner at work. */
  start(runId: string, script: string, body?: string): Promise<Workspace>;
  /** Routes asked for since the bed was made, in their order. */
  routes(): string[];
  close(): Promise<void>;
}

export async function createBed(settings: Partial<DaytonaSettings> = {}): Promise<DaytonaBed> {
  const daytona = await startDaytona();
  const ending = new AbortController();
  const { signal } = ending;
  const another = (more: Partial<DaytonaSettings> = {}): Promise<WorkspaceProvider> =>
    createDaytonaWorkspaces({
      apiKey: daytona.apiKey,
      apiUrl: daytona.url,
      target: 'us',
      snapshot: SNAPSHOT,
      owner: 'ours',
      domains: null,
      networks: null,
      runnerFile: SCRIPTED_RUNNER,
      log: quiet,
      signal,
      ...settings,
      ...more,
      patience: { retryMs: 5, ...settings.patience, ...more.patience },
    });
  const provider = await another();
  const ensure = (runId: string): Promise<Workspace> => provider.ensure(sampleRun(runId), signal);
  return {
    daytona,
    provider,
    signal,
    another,
    ensure,
    start: async (runId, script, body) => {
      const workspace = await ensure(runId);
      await workspace.startRunner(scriptedJob(runId, script, body), signal);
      return workspace;
    },
    routes: () => daytona.requests.map(({ route }) => route),
    close: async () => {
      ending.abort();
      await daytona.close();
    },
  };
}

/** The texts of a run’s notes until its runner ends. */
export async function notesOf(workspace: Workspace, signal: AbortSignal): Promise<string[]> {
  const notes: string[] = [];
  for await (const { event } of eachEvent(openMailbox(workspace), { seq: 0, offset: 0 }, signal)) {
    if (event.type === 'note') notes.push(event.text);
  }
  return notes;
}
