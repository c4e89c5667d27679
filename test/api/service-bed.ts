import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Hono } from 'hono';
import { createApi } from '../../src/api/app.ts';
import { type Outcome, type Run } from '../../src/domain/run.ts';
import { type RunnerResult } from '../../src/protocol/runner-result.ts';
import { type CallbackPolicy } from '../../src/run/callback.ts';
import { createExecutions } from '../../src/run/executions/executions.ts';
import { settleExecution } from '../../src/run/executions/settle.ts';
import { type Ports, type RunStore } from '../../src/run/ports.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createExecutionStore } from '../../src/store/executions.ts';
import { migrate } from '../../src/store/migrations.ts';
import { createRunStore } from '../../src/store/runs.ts';
import { planBody } from '../helpers/execution-plan.ts';
import { sampleCall, sampleResult } from '../store/samples.ts';
import { quiet, settingsOf } from './api-bed.ts';

export type Ending = Partial<RunnerResult> & { readonly outcome?: Outcome };

export interface ServiceBed {
  readonly app: Hono;
  readonly store: RunStore;
  /** Runs that were started, each time. */
  readonly started: Run[];
  execute(change?: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<Response>;
  post(path: string, body: unknown): Promise<Response>;
  /** Resolves to the n-th run that was started, from 0. */
  run(number: number): Promise<Run>;
  /** Ends a run as the workflow does: a model answered once, and this came of it. */
  end(run: Run, ending?: Ending): Promise<void>;
  /** Runs end by themselves from now on, or with null no longer. */
  endAtOnce(ending?: Ending | null): void;
  /** Ends a run whose last step could not say what came of it. */
  endWithoutTelling(run: Run): Promise<void>;
  /** As if the server died when it is about to start a run. */
  failStarting(fails: boolean): void;
  startUnstarted(): Promise<void>;
  /** Another server on the same database. */
  restart(different?: Different): void;
  /** The server is told to end. */
  stop(): void;
  close(): Promise<void>;
}

export interface Different {
  readonly callbacks?: CallbackPolicy;
  readonly maxUnsettled?: number;
  readonly forge?: Partial<Ports['forge']>;
  readonly publicUrl?: string | null;
}

export const ONE_FILE: RunnerResult['files'] = [
  { path: 'src/calculator.py', mode: '100644', content: 'print(1 + 1)\n', encoding: 'utf-8' },
];
const SUCCEEDED: Outcome = { status: 'succeeded', problem: null, publication: null };

/**
 * The API on a real database. Only the workflow behind it is a stand-in, which stores runs and ends them as the test
 * says.
 */
export async function createServiceBed(different: Different = {}): Promise<ServiceBed> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ptc-service-'));
  const database = await openDatabase({ dataFolder: folder });
  await migrate(database, new AbortController().signal);
  const store = createRunStore(database);
  const executions = createExecutionStore(database);
  const started: Run[] = [];
  const waiting = new Map<number, (run: Run) => void>();
  let ending: Ending | null = null;
  let fails = false;

  const work = async (run: Run, parts: Partial<RunnerResult>): Promise<void> => {
    await store.enterPhase(run.id, 'running');
    await store.saveModelCall(run.id, sampleCall('work/1'));
    await store.saveResult(run.id, { ...sampleResult(run.id), files: ONE_FILE, ...parts });
  };
  const end = async (run: Run, { outcome = SUCCEEDED, ...parts }: Ending = {}): Promise<void> => {
    await work(run, parts);
    await settleExecution({ store, executions, policy: { publicUrl: null } }, run, outcome);
    await store.finish(run.id, outcome);
  };
  const workflows = {
    start: async (run: Run) => {
      if (fails) throw new Error('the server dies');
      const created = await store.create(run);
      const number = started.push(run) - 1;
      waiting.get(number)?.(run);
      waiting.delete(number);
      if (created === 'created' && ending !== null) await end(run, ending);
      return 'started' as const;
    },
  };
  const serve = (now: Different) => {
    const stopping = new AbortController();
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the rest of the ports is never reached
    const ports = {
      store,
      executions,
      forge: now.forge ?? {},
      policy: { publicUrl: now.publicUrl ?? null },
      log: quiet,
    } as unknown as Ports;
    const service = createExecutions(ports, workflows, {
      callbacks: now.callbacks ?? null,
      maxUnsettled: now.maxUnsettled ?? 1000,
    });
    const app = createApi(settingsOf({ store, executions: service, stopping: stopping.signal }));
    return { app, service, stopping };
  };
  let server = serve(different);
  const post = async (address: string, body: unknown, signal?: AbortSignal): Promise<Response> =>
    server.app.request(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...(signal ? { signal } : {}),
    });

  return {
    get app() {
      return server.app;
    },
    store,
    started,
    execute: (change, signal) => post('/execute', planBody(change), signal),
    post,
    run: (number) => {
      const run = started[number];
      if (run !== undefined) return Promise.resolve(run);
      return new Promise((resolve) => waiting.set(number, resolve));
    },
    end,
    endAtOnce: (as = {}) => {
      ending = as;
    },
    endWithoutTelling: async (run) => {
      await work(run, {});
      await store.finish(run.id, SUCCEEDED);
    },
    failStarting: (now) => {
      fails = now;
    },
    startUnstarted: () => server.service.startUnstarted(),
    restart: (now = different) => {
      server = serve(now);
    },
    stop: () => server.stopping.abort(),
    close: async () => {
      await database.close();
      await rm(folder, { recursive: true });
    },
  };
}
