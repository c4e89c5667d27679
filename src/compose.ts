import { createServer } from 'node:http';
import { type Server } from 'node:net';
import path from 'node:path';
import { refusalToListen, startApi } from './api-listener.ts';
import { type Config } from './config.ts';
import { toProblem } from './domain/errors.ts';
import { createGitHubApp, type GitHubApp } from './github/app.ts';
import { redeliverMissed } from './github/deliveries.ts';
import { createForge } from './github/forge.ts';
import { parseSettings } from './github/parse-settings.ts';
import { createInFlight } from './in-flight.ts';
import { listen, urlOf } from './listener.ts';
import { createPlannerService } from './planner/planner-service.ts';
import { modelsOf, RUNNER_FILE, runLimits } from './run-settings.ts';
import { APPLICATION_VERSION, launchEngine, takeoverBy } from './run/engine.ts';
import { type CallbackPolicy } from './run/callback.ts';
import { createExecutions } from './run/executions/executions.ts';
import { type Executions } from './run/executions/ports.ts';
import { createIntake } from './run/intake.ts';
import { type Log, type Planner, type Ports, type WorkspaceProvider } from './run/ports.ts';
import { registerWorkflows, type Workflows } from './run/workflow.ts';
import { withLock } from './store/advisory-lock.ts';
import { createKeyTable } from './store/api-keys.ts';
import { type Database, openDatabase } from './store/database.ts';
import { createExecutionStore } from './store/executions.ts';
import { createExecutorLease, type ExecutorLease } from './store/executor-lease.ts';
import { startHousekeeping } from './store/housekeeping.ts';
import { migrate } from './store/migrations.ts';
import { createOutboxRows } from './store/outbox-rows.ts';
import { createRunStore } from './store/runs.ts';
import { createStandaloneRuns } from './store/standalone-runs.ts';
import { standaloneHostsOf, standaloneSettingsOf } from './standalone-settings.ts';
import { createStandaloneWebhooks, STANDALONE_WEBHOOKS_PATH } from './standalone-webhooks.ts';
import { fromDelivery } from './trigger/from-delivery.ts';
import { createDelivery } from './webhook/deliver.ts';
import { createDeadWebhooks, createOutbox, type OutboxRows, type Receivers } from './webhook/outbox.ts';
import { createLocalWorkspaces } from './workspace/local.ts';
import { openMailbox } from './workspace/mailbox.ts';

const DAY_MS = 24 * 3_600_000;
const REDELIVERY_LOOK_BACK_MS = 3 * DAY_MS;
const TRIGGER_EVENTS = ['issues', 'issue_comment', 'pull_request'];
/** An answer that is being paid for is waited for so long when the process is to end. */
const FINISH_TIMEOUT_MS = 20_000;

export interface Service {
  /** Where GitHub's webhooks are taken. */
  readonly webhooksUrl: string;
  /** Where the run pages are. */
  readonly apiUrl: string;
  /** Stops taking work and ends; what is under way is taken up by the next start. */
  stop(): Promise<void>;
}

/**
 * Builds the whole server from its configuration and starts it. Rejects with PtcError. `onLeaseLost`: another
 * worker goes on with our runs, so this process must end at once.
 */
export async function compose(
  config: Config,
  version: string,
  log: Log,
  onLeaseLost: () => void,
): Promise<Service> {
  const stopping = new AbortController();
  const inFlight = createInFlight();
  const database = await openDatabase({
    ...(config.DATABASE_URL === undefined ? {} : { databaseUrl: config.DATABASE_URL }),
    dataFolder: path.resolve(config.PTC_DATA_DIR),
    signal: stopping.signal,
    log,
  });
  await migrate(database, stopping.signal);
  const keyTable = createKeyTable(database);
  const refusal = await refusalToListen(config, keyTable);
  if (refusal !== null) {
    await database.close();
    throw refusal;
  }
  const github = await createGitHubApp({
    appId: config.APP_ID,
    privateKey: config.PRIVATE_KEY,
    webhookSecret: config.WEBHOOK_SECRET,
    baseUrl: config.GITHUB_API_URL,
    writeSpacing: config.PTC_WRITE_SPACING,
    log,
  });
  const outboxRows = createOutboxRows(database);
  const ports: Ports = {
    ...adapters(config, database, github),
    workspaces: await workspacesOf(config, log, stopping.signal),
    planner: plannerOf(config),
    outbox: createOutbox(outboxRows, receiversOf(config)),
    policy: { ...runLimits(config), publicUrl: config.PTC_PUBLIC_URL ?? null },
    log,
    stopping: stopping.signal,
    finishFirst: (work) => inFlight.track(work),
  };
  await removeStrayWorkspaces(ports);
  const { workflows, lease } = await startEngine(config, database, ports, onLeaseLost);
  const webhooks = await listen(await webhookServer(github, workflows, ports), config.HOST, config.PORT);
  const executions = createExecutions(ports, workflows, {
    callbacks: callbackPolicyOf(config),
    maxUnsettled: config.PTC_MAX_WAITING,
  });
  const api = await startApi(config, keyTable, {
    store: ports.store,
    intake: createIntake(ports, workflows, callbackPolicyOf(config)),
    executions,
    webhooks: createDeadWebhooks(outboxRows),
    publicUrl: ports.policy.publicUrl,
    version,
    llmProvider: ports.models.choose(null)[0]?.provider ?? 'none',
    stopping: stopping.signal,
    log,
  });
  const stopHousekeeping = startHousekeeping({
    database,
    retentionMs: config.PTC_RETENTION_DAYS * DAY_MS,
    log,
  });
  startDelivery(config, outboxRows, stopping.signal, log);
  askForMissed(github, log);
  startUnstarted(executions, log);

  return {
    webhooksUrl: `${urlOf(webhooks)}/api/github/webhooks`,
    apiUrl: api.url,
    stop: async () => {
      webhooks.close();
      await api.close();
      stopping.abort();
      await stopHousekeeping();
      await inFlight.idle(FINISH_TIMEOUT_MS);
      await lease.stop();
      github.close();
    },
  };
}

/** The world as a run sees it. */
function adapters(
  config: Config,
  database: Database,
  github: GitHubApp,
): Pick<
  Ports,
  | 'forge'
  | 'openMailbox'
  | 'models'
  | 'store'
  | 'executions'
  | 'standaloneRuns'
  | 'standalone'
  | 'parseSettings'
> {
  return {
    forge: createForge(github),
    openMailbox,
    models: modelsOf(config),
    store: createRunStore(database),
    executions: createExecutionStore(database),
    standaloneRuns: createStandaloneRuns(database),
    standalone: standaloneSettingsOf(config),
    parseSettings,
  };
}

/** Daytona’s part is loaded where it is asked for: its SDK costs every start a quarter of a second and 50 MB. */
async function workspacesOf(config: Config, log: Log, signal: AbortSignal): Promise<WorkspaceProvider> {
  const { DAYTONA_API_KEY: apiKey, PTC_DAYTONA_SNAPSHOT: snapshot, PTC_DAYTONA_DOMAINS: domains } = config;
  if (config.PTC_WORKSPACES === 'local' || apiKey === undefined || snapshot === undefined) {
    return createLocalWorkspaces({
      folder: path.resolve(config.PTC_DATA_DIR, 'workspaces'),
      compileCache: path.resolve(config.PTC_DATA_DIR, 'compile-cache'),
      runnerFile: RUNNER_FILE,
      log,
    });
  }
  const { createDaytonaWorkspaces } = await import('./workspace/daytona/provider.ts');
  return createDaytonaWorkspaces({
    apiKey,
    apiUrl: config.DAYTONA_API_URL,
    target: config.DAYTONA_TARGET ?? null,
    snapshot,
    owner: config.PTC_DAYTONA_OWNER ?? `app-${config.APP_ID}`,
    domains: domains === undefined ? null : [...domains, ...standaloneHostsOf(config)],
    networks: config.PTC_DAYTONA_NETWORKS ?? null,
    runnerFile: RUNNER_FILE,
    log,
    signal,
  });
}

async function startEngine(
  config: Config,
  database: Database,
  ports: Ports,
  onLost: () => void,
): Promise<{ readonly workflows: Workflows; readonly lease: ExecutorLease }> {
  const workflows = registerWorkflows(ports);
  const { store, log, stopping } = ports;
  const executorId = config.PTC_WORKER_ID;
  const exclusively = <T>(work: () => Promise<T>): Promise<T> =>
    withLock(database, 'start-up', stopping, work);
  const lease = createExecutorLease({
    database,
    executorId,
    version: APPLICATION_VERSION,
    takeover: takeoverBy({ workflows, store, exclusively, log }),
    onLost,
    log,
  });
  await lease.start(stopping);
  await launchEngine({
    pool: database.pool,
    workerId: executorId,
    maxRuns: config.PTC_MAX_RUNS,
    maxRunsPerWorker: config.PTC_MAX_RUNS_PER_WORKER,
    exclusively,
    log,
  });
  await lease.takeUpLeft();
  return { workflows, lease };
}

/**
 * A workspace whose run is over or unknown has nobody left to remove it. What may work later keeps no server from
 * starting: the next start tries again.
 */
async function removeStrayWorkspaces({ workspaces, store, log }: Ports): Promise<void> {
  const unlessLater = (runId: string | null, thrown: unknown): void => {
    const problem = toProblem(thrown);
    if (!problem.retryable) throw thrown;
    log.warn({ runId, problem }, 'stray workspaces could not be removed');
  };
  const runIds = await workspaces.list().catch((error: unknown) => {
    unlessLater(null, error);
    return [];
  });
  for (const runId of runIds) {
    const stored = await store.get(runId);
    if (stored !== null && stored.outcome === null) continue;
    log.info({ runId }, 'a workspace without a run is removed');
    await workspaces.remove(runId).catch((error: unknown) => unlessLater(runId, error));
  }
}

async function webhookServer(
  github: GitHubApp,
  workflows: Workflows,
  { standaloneRuns, log }: Ports,
): Promise<Server> {
  const ofWorkspaces = createStandaloneWebhooks(standaloneRuns, log);
  const middleware = await github.webhookMiddleware(async (delivery) => {
    const trigger = fromDelivery(delivery, { id: github.appId });
    if ('ignored' in trigger) {
      log.info({ deliveryId: delivery.id, event: delivery.name, reason: trigger.reason }, 'ignored');
      return;
    }
    await workflows.submit(trigger);
  });
  return createServer((request, response) => {
    const isOfWorkspace = request.url?.split('?', 1)[0] === STANDALONE_WEBHOOKS_PATH;
    if (isOfWorkspace) void ofWorkspaces(request, response);
    else void middleware(request, response, () => response.writeHead(404).end());
  });
}

const plannerOf = ({ PTC_PLANNER_URL: url, PTC_PLANNER_TOKEN: token }: Config): Planner | null =>
  url === undefined ? null : createPlannerService({ url, token: token ?? null });

const callbackPolicyOf = (config: Config): CallbackPolicy =>
  config.PTC_WEBHOOK_SECRET === undefined ? null : { allowPrivate: config.PTC_WEBHOOK_ALLOW_PRIVATE };

/** Without a secret nothing can be signed, so nobody gets anything. */
const receiversOf = (config: Config): Receivers => ({
  ofOperator: config.PTC_WEBHOOK_URL.length,
  callbacks: config.PTC_WEBHOOK_SECRET !== undefined,
});

function startDelivery(config: Config, rows: OutboxRows, signal: AbortSignal, log: Log): void {
  const { PTC_WEBHOOK_SECRET: secret, PTC_WEBHOOK_URL: receivers } = config;
  if (secret === undefined) return;
  const callbacks = { allowPrivate: config.PTC_WEBHOOK_ALLOW_PRIVATE };
  void createDelivery({ rows, secret, receivers, callbacks, log }).run(signal);
}

/** In the background: what a server died over between taking and starting it. */
function startUnstarted(executions: Executions, log: Log): void {
  executions.startUnstarted().catch((thrown: unknown) => {
    log.warn({ problem: toProblem(thrown) }, 'executions that were not started could not be looked for');
  });
}

/** In the background: what GitHub could not deliver while we were away. */
function askForMissed(github: GitHubApp, log: Log): void {
  const { appOctokit } = github;
  redeliverMissed({ appOctokit, events: TRIGGER_EVENTS, lookBackMs: REDELIVERY_LOOK_BACK_MS, log }).then(
    (asked) => log.info({ asked }, 'missed deliveries were asked for'),
    (thrown: unknown) => log.warn({ problem: toProblem(thrown) }, 'missed deliveries could not be asked for'),
  );
}
