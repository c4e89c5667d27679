import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pino } from 'pino';
import { readRunConfig, type RunConfig } from '../config.ts';
import { toProblem } from '../domain/errors.ts';
import { toDocument } from '../domain/plan.ts';
import { type RunnerResult } from '../protocol/runner-result.ts';
import { type Models } from '../run/ports.ts';
import { modelsOf, runLimits } from '../run-settings.ts';
import { openRunFolder, type RunEnd, type RunFolder } from '../store/run-folder.ts';
import { assertRunner } from './run/assert-runner.ts';
import { carryOut } from './run/carry-out.ts';
import { conclude, forTerminal } from './run/conclude.ts';
import { cutShort } from './run/cut-short.ts';
import { exitCodeOf } from './run/exit-code.ts';
import { type Interrupts, openInterrupts } from './run/interrupts.ts';
import { linesView } from './run/lines-view.ts';
import { listView } from './run/list-view.ts';
import { type LiveView } from './run/live-view.ts';
import { prepare } from './run/prepare.ts';
import { jsonReport, textReport } from './run/report.ts';
import { readRequest, type RunOptions, withOptions } from './run/request.ts';
import { keepOrder, type Order, orderOf } from './run/order.ts';
import { dataFolder, type Terminal } from './terminal.ts';
import { localWorkspaces, SILENT } from './workspaces.ts';

/**
 * `ptc run`: a run without GitHub, server or database, in a local workspace. Resolves to the exit code.
 * Rejects with PtcError when the run could not be begun.
 */
export async function run(
  words: string | undefined,
  options: RunOptions,
  terminal: Terminal,
): Promise<number> {
  const request = await readRequest(words, options, terminal);
  return withMeans(options, terminal, async (means) => {
    const { config, models, folder, interrupts } = means;
    const { store, notes } = await prepare({
      request,
      config,
      models,
      folder,
      terminal,
      signal: interrupts.first,
    });
    const left = (await cutShort(folder, localWorkspaces(folder, terminal, SILENT))).map(
      (runId) =>
        `The run ${runId} was cut short; ptc run --resume ${runId} takes it up, or ends it with Ctrl-C.`,
    );
    for (const note of [...left, ...notes]) terminal.err.write(`Note: ${note}\n`);
    return finishRun({ ...means, store });
  });
}

/** `ptc run --resume`: takes up a run whose process died; what was paid for is not paid again. */
export async function resume(runId: string, options: RunOptions, terminal: Terminal): Promise<number> {
  return withMeans(options, terminal, async (means) => {
    const store = await openRunFolder(path.join(means.folder, 'runs', runId));
    await keepOrder(store.path, { ...(await orderOf(store.path)), pid: process.pid });
    return finishRun({ ...means, store });
  });
}

async function withMeans(
  options: RunOptions,
  terminal: Terminal,
  work: (means: Means) => Promise<number>,
): Promise<number> {
  const config = withOptions(readRunConfig(terminal.env), options);
  const models = modelsOf(config);
  await assertRunner();
  const folder = dataFolder(terminal, options.dataDir ?? config.PTC_DATA_DIR);
  const interrupts = openInterrupts();
  try {
    return await work({ config, models, folder, terminal, interrupts, json: options.json === true });
  } finally {
    interrupts.close();
  }
}

/** What a run is carried out with. */
interface Means {
  readonly config: RunConfig;
  readonly models: Models;
  /** The data folder. */
  readonly folder: string;
  readonly terminal: Terminal;
  readonly interrupts: Interrupts;
  readonly json: boolean;
}

interface Begun extends Means {
  readonly store: RunFolder;
}

async function finishRun(begun: Begun): Promise<number> {
  const { store, terminal, json } = begun;
  const order = await orderOf(store.path);
  const end = store.end() ?? (await work(begun, order));
  const { result } = store.recording();
  const report = {
    runId: store.run.id,
    end,
    result,
    spending: await store.spending(store.run.id),
    recording: store.path,
    ...(await writeFiles(store.path, result)),
    repository: order.folder,
  };
  terminal.out.write(json ? `${jsonReport(report)}\n` : textReport(report, terminal));
  return exitCodeOf(end);
}

async function work(begun: Begun, order: Order): Promise<RunEnd> {
  const { store, interrupts } = begun;
  const view = openView(begun);
  let end: RunEnd;
  try {
    if (store.recording().result === null) await followToResult(begun, order, view);
    const { result } = store.recording();
    if (result === null) throw new Error('the runner ended without a result');
    end = await conclude(result, order, interrupts.second);
  } catch (thrown) {
    const problem = forTerminal(toProblem(thrown));
    end = { status: problem.code === 'cancelled' ? 'cancelled' : 'failed', problem, branch: null };
  } finally {
    await view.stop();
  }
  await store.finish(end);
  return end;
}

async function followToResult(
  { store, config, models, folder, terminal, interrupts }: Begun,
  order: Order,
  view: LiveView,
): Promise<void> {
  const log = pino(
    { level: config.LOG_LEVEL },
    pino.destination({ dest: path.join(store.path, 'log.ndjson'), sync: true }),
  );
  await carryOut({
    store,
    workspaces: localWorkspaces(folder, terminal, log),
    models,
    policy: { ...runLimits(config), publicUrl: null },
    terms: {
      baseSha: store.job.repository.baseSha,
      models: models.choose(order.models),
      budgetUsd: order.budgetUsd,
      life: store.job.resume?.life ?? 0,
    },
    view,
    interrupts,
    log,
  });
}

/** A list where somebody looks at it, lines everywhere else. */
const openView = ({ terminal, json }: Begun): LiveView =>
  terminal.out.isTTY && !json ? listView() : linesView((line) => terminal.err.write(`${line}\n`));

async function writeFiles(
  folder: string,
  result: RunnerResult | null,
): Promise<{ readonly patchFile: string | null; readonly planFile: string | null }> {
  const patchFile = result === null || result.diff === '' ? null : path.join(folder, 'change.patch');
  const planFile = result?.plan == null ? null : path.join(folder, 'plan.json');
  if (patchFile !== null) await writeFile(patchFile, result?.diff ?? '');
  if (planFile !== null && result?.plan != null)
    await writeFile(planFile, `${JSON.stringify(toDocument(result.plan), null, 2)}\n`);
  return { patchFile, planFile };
}
