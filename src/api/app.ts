import { type Context, type Hono } from 'hono';
import { type Recording } from '../protocol/recording.ts';
import { type Executions } from '../run/executions/ports.ts';
import { type DeadWebhooks, type Log, type RunIntake, type RunStore, type StoredRun } from '../run/ports.ts';
import { type Access, behindGuards } from './access/guards.ts';
import { healthRoutes } from './health.ts';
import { keyRoutes } from './keys.ts';
import { answerFailure, answerNothing } from './no-answer.ts';
import { createRoutes, documentOf } from './openapi.ts';
import { notFoundPage } from './pages/layout.ts';
import { runListPage } from './pages/run-list.ts';
import { runPage } from './pages/run-page.ts';
import { createRunWatch } from './run-watch.ts';
import { runRoutes } from './runs.ts';
import { serviceRoutes } from './service.ts';
import { webhookRoutes } from './webhook-routes.ts';

export interface ApiSettings {
  readonly store: RunStore;
  readonly intake: RunIntake;
  readonly executions: Executions;
  readonly webhooks: DeadWebhooks;
  readonly access: Access;
  /** Address people reach this listener at, without a trailing slash; null when there is none. */
  readonly publicUrl: string | null;
  readonly version: string;
  /** Provider of the model asked first; ROMA shows it. */
  readonly llmProvider: string;
  /** Aborted when this server is to end. */
  readonly stopping: AbortSignal;
  readonly log: Log;
}

const LISTED_RUNS = 100;

/**
 * The API listener: health, the list of runs, of each run its page, its patches and its events, the runs API, the
 * API keys, the webhooks that nobody took, and a description of all that is for programs.
 * The guards in front of all of it say who is answered.
 */
export function createApi(settings: ApiSettings): Hono {
  const { store, access, publicUrl, version, log } = settings;
  const app = createRoutes();
  const watch = createRunWatch(store, log);

  app.route('/api/v1/keys', keyRoutes(access.keyring));
  app.route('/api/v1/webhooks', webhookRoutes(settings.webhooks));

  app.route('/api/v1/runs', runRoutes({ ...settings, watch }));
  app.route('/', healthRoutes(settings));
  let document: object | null = null;
  app.get('/openapi.json', (context) => context.json((document ??= documentOf(app, version))));

  app.get('/', async (context, next) => {
    // Programs are told what this is by the routes of the service.
    if (context.req.header('accept')?.includes('text/html') !== true) return next();
    const runs = await store.list(LISTED_RUNS);
    const costs = await Promise.all(runs.map(({ run }) => store.spending(run.id)));
    return context.html(
      runListPage(
        runs.map((stored, index) => ({ stored, costUsd: costs[index]?.costUsd ?? 0 })),
        new Date(),
      ),
    );
  });

  app.route('/', serviceRoutes({ ...settings, watch }));

  app.get('/runs/:id', (context) =>
    withRun(context, store, async (stored) => {
      const { id } = stored.run;
      const [events, result, calls] = await Promise.all([
        store.events(id, 0),
        store.result(id),
        store.modelCalls(id),
      ]);
      const subtask = subtaskNumber(context.req.query('subtask'));
      return context.html(runPage({ stored, events, result, calls, subtask, publicUrl, now: new Date() }));
    }),
  );

  app.get('/runs/:id/patch', (context) =>
    withRun(context, store, async ({ run }) => {
      const result = await store.result(run.id);
      return patch(context, result?.diff ?? '', 'This run has no patch (yet).');
    }),
  );

  app.get('/runs/:id/subtasks/:index/patch', (context) =>
    withRun(context, store, ({ run }) => subtaskPatch(context, store, run.id)),
  );

  app.get('/runs/:id/events', (context) =>
    withRun(context, store, async ({ run, phase, outcome }) => {
      const after = Number(context.req.query('after') ?? 0);
      const events = await store.events(run.id, Number.isSafeInteger(after) && after > 0 ? after : 0);
      return context.json({ runId: run.id, phase, status: outcome?.status ?? null, events });
    }),
  );

  app.get('/runs/:id/recording', (context) =>
    withRun(context, store, async ({ run }) => {
      const [job, events, modelCalls, result] = await Promise.all([
        store.job(run.id),
        store.events(run.id, 0),
        store.modelCalls(run.id),
        store.result(run.id),
      ]);
      if (job === null || events.length === 0)
        return missing(context, 'This run has no recording (any more).');
      // The address of a callback may be a secret of whoever asked for the run.
      const shown = { ...run, callbackUrl: null };
      return context.json({ run: shown, job, events, modelCalls, result } satisfies Recording);
    }),
  );

  app.notFound(answerNothing);
  const guarded = behindGuards(app, access, publicUrl);
  for (const each of [app, guarded]) each.onError((error, context) => answerFailure(context, error, log));
  return guarded;
}

/** The index of a subtask as it stands in an address; null for everything else. */
const subtaskNumber = (text: string | undefined): number | null =>
  text !== undefined && /^\d{1,3}$/.test(text) ? Number(text) : null;

async function subtaskPatch(context: Context, store: RunStore, runId: string): Promise<Response> {
  const subtasks = (await store.result(runId))?.subtasks ?? [];
  const asked = subtaskNumber(context.req.param('index'));
  const found = subtasks.find(({ index }) => index === asked);
  return patch(context, found?.diff ?? '', 'This subtask left no patch behind.');
}

const patch = (context: Context, diff: string, none: string): Response | Promise<Response> =>
  diff === ''
    ? missing(context, none)
    : context.body(diff, 200, { 'content-type': 'text/x-diff; charset=utf-8' });

async function withRun(
  context: Context,
  store: RunStore,
  answer: (stored: StoredRun) => Promise<Response>,
): Promise<Response> {
  const stored = await store.get(context.req.param('id') ?? '');
  return stored === null ? missing(context, 'There is no such run.') : answer(stored);
}

const missing = (context: Context, what: string): Response | Promise<Response> =>
  context.html(notFoundPage(what), 404);
