import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { RunnerEvent } from '../../src/protocol/runner-event.ts';
import { type DaytonaServer, SNAPSHOT, startDaytona } from './daytona/index.ts';
import { type AppHandle, type Files, type Forge, type RepositoryHandle, startForge } from './forge/index.ts';
import { SAMPLE_FILES, SAMPLE_ISSUE, SAMPLE_TURNS } from './sample-project.ts';
import { type Script, type ScriptedModel, startScriptedModel } from './scripted-model.ts';
import { type ServerProcess, startServer } from './server-process.ts';

export const OWNER = 'acme';
export const REPOSITORY = 'duration';
/** May write to the repository. */
export const MAINTAINER = 'maria';
export const WEBHOOK_SECRET = 'only-for-tests-on-loopback';
/** The key the server holds; it must turn up nowhere else. */
export const PROVIDER_KEY = 'canary-provider-key-5d1c0f';

const State = z.object({
  phase: z.string(),
  status: z.string().nullable(),
  events: z.array(RunnerEvent),
});
export type RunState = z.infer<typeof State>;

/** A forge, a model and a data folder; the server is started and stopped by the test. */
export interface World {
  readonly forge: Forge;
  readonly app: AppHandle;
  readonly repository: RepositoryHandle;
  readonly model: ScriptedModel;
  /** Where the workspaces are; null when they are on this machine. */
  readonly daytona: DaytonaServer | null;
  readonly dataDir: string;
  /** Starts the real server; again after it ended, on the same data. */
  start(env?: Readonly<Record<string, string>>): Promise<ServerProcess>;
  /** Opens an issue; resolves to its number. */
  openIssue(issue?: { readonly title: string; readonly body: string }): Promise<number>;
  /** Labels the issue; resolves to the id of the run that comes of it. */
  label(issue: number): Promise<string>;
  /** Comments as this person; resolves to the id of the run that would come of it. */
  comment(issue: number, body: string, login?: string): Promise<string>;
  close(): Promise<void>;
}

export interface WorldOptions {
  readonly files?: Files;
  readonly turns?: Script;
  readonly modelLatencyMs?: number;
  readonly workspaces?: 'local' | 'daytona';
}

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const { files = SAMPLE_FILES, turns = SAMPLE_TURNS, modelLatencyMs = 0, workspaces = 'local' } = options;
  const dataDir = await mkdtemp(path.join(tmpdir(), 'ptc-world-'));
  // Commands run as another user when we are root, and must be able to reach their tree.
  await chmod(dataDir, 0o711);
  const [forge, model, daytona] = await Promise.all([
    startForge(),
    startScriptedModel(turns, modelLatencyMs),
    workspaces === 'daytona' ? startDaytona() : null,
  ]);
  const app = forge.addApp({ webhookSecret: WEBHOOK_SECRET });
  const repository = await forge.addRepository({
    owner: OWNER,
    name: REPOSITORY,
    files,
    collaborators: { [MAINTAINER]: 'write' },
  });
  forge.install(app, OWNER);
  const servers: ServerProcess[] = [];
  const api = `/repos/${OWNER}/${REPOSITORY}`;

  const runOf = async (event: string, act: () => Promise<unknown>): Promise<string> => {
    const before = forge.deliveries.length;
    await act();
    await forge.settled();
    const delivery = forge.deliveries.slice(before).find((one) => one.event === event);
    if (delivery === undefined) throw new Error(`the forge sent no ${event} webhook`);
    return `run-${delivery.guid}`;
  };

  return {
    forge,
    app,
    repository,
    model,
    daytona,
    dataDir,
    start: async (env = {}) => {
      const server = await startServer({
        forge,
        app,
        webhookSecret: WEBHOOK_SECRET,
        dataDir,
        env: {
          ANTHROPIC_API_KEY: PROVIDER_KEY,
          ANTHROPIC_BASE_URL: model.url,
          PTC_MODELS: 'anthropic:claude-sonnet-4-6',
          // Our own sample may go on where a machine offers no isolation; the run says so.
          PTC_UNSAFE_NO_ISOLATION: 'true',
          ...(daytona === null ? {} : daytonaEnvironment(daytona)),
          ...env,
        },
      });
      servers.push(server);
      return server;
    },
    openIssue: async (issue = SAMPLE_ISSUE) => {
      const { body } = await forge.as(MAINTAINER, 'POST', `${api}/issues`, issue);
      return z.object({ number: z.number() }).parse(body).number;
    },
    label: (issue) =>
      runOf('issues', () =>
        forge.as(MAINTAINER, 'POST', `${api}/issues/${issue}/labels`, { labels: ['ptc:build'] }),
      ),
    comment: (issue, body, login = MAINTAINER) =>
      runOf('issue_comment', () => forge.as(login, 'POST', `${api}/issues/${issue}/comments`, { body })),
    close: async () => {
      await Promise.all(servers.map((server) => server.end('SIGKILL')));
      await model.stop();
      await forge.close();
      await daytona?.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const daytonaEnvironment = ({ url, apiKey }: DaytonaServer): Readonly<Record<string, string>> => ({
  PTC_WORKSPACES: 'daytona',
  DAYTONA_API_KEY: apiKey,
  DAYTONA_API_URL: url,
  DAYTONA_TARGET: 'eu',
  PTC_DAYTONA_SNAPSHOT: SNAPSHOT,
});

/** The run as its server shows it; null while there is none. */
async function runState(server: ServerProcess, runId: string): Promise<RunState | null> {
  const response = await fetch(`${server.apiUrl}/runs/${runId}/events`);
  return response.status === 404 ? null : State.parse(await response.json());
}

/** Waits until `check` gives something other than null or false. */
export async function until<T>(
  what: string,
  check: () => Promise<T | null | false> | T | null | false,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    const found = await check();
    if (found !== null && found !== false) return found;
    await sleep(50);
  }
  throw new Error(`waited ${timeoutMs} ms in vain: ${what}`);
}

/** Waits for the run's end. */
export const untilFinished = (server: ServerProcess, runId: string): Promise<RunState> =>
  untilState(server, runId, ({ status }) => status !== null);

/** Waits until the run stands so. */
export const untilState = (
  server: ServerProcess,
  runId: string,
  stands: (state: RunState) => boolean,
): Promise<RunState> =>
  until(
    `${runId} to stand so`,
    async () => {
      const state = await runState(server, runId);
      return state !== null && stands(state) ? state : null;
    },
    150_000,
  ).catch((error: unknown) => {
    throw new Error(server.log.slice(-40).join('\n'), { cause: error });
  });
