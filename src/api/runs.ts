import { createRoute } from '@hono/zod-openapi';
import { type Context } from 'hono';
import * as z from 'zod';
import { PtcError } from '../domain/errors.ts';
import { RunDocument, RunList, RunReceipt, RunRequest, RunStatus } from '../protocol/runs-api.ts';
import { StreamMessage } from '../protocol/stream-message.ts';
import { type RunIntake, type RunStore, type StoredRun } from '../run/ports.ts';
import { countableBody } from './countable-body.ts';
import { BODY_STATUSES, createRoutes, json, problems, type Routes } from './openapi.ts';
import { documentOfRun, pathOf, receiptOf, summaryOf } from './run-document.ts';
import { answerEvents, type EventSources } from './run-events.ts';

export interface RunRoutesSettings extends EventSources {
  readonly store: RunStore;
  readonly intake: RunIntake;
  /** Address people reach this listener at, without a trailing slash; null when there is none. */
  readonly publicUrl: string | null;
}

const tags = ['runs'];
const params = z.object({ id: z.string() });
const located = { headers: z.object({ Location: z.string() }) };

const CREATE = createRoute({
  method: 'post',
  path: '/',
  tags,
  summary: 'Have work done on a repository; it ends in a pull request.',
  middleware: countableBody,
  request: {
    headers: z.object({
      'Idempotency-Key': z
        .string()
        .min(1)
        .max(255)
        .optional()
        .meta({ description: 'The same request made again with the same key is the same run.' }),
    }),
    body: json(RunRequest, 'What is to be done, and where.'),
  },
  responses: {
    202: { ...json(RunReceipt, 'The run was taken.'), ...located },
    ...problems(...BODY_STATUSES, 409, 502),
  },
});

const LIST = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'Runs, newest first, those that came from the forge too.',
  request: {
    query: z.object({
      limit: z.coerce.number().int().min(1).max(200).default(50),
      before: z
        .string()
        .max(512)
        .optional()
        .meta({ description: 'Id of the run that the page begins after: `next` of the page before.' }),
      status: RunStatus.optional(),
    }),
  },
  responses: { 200: json(RunList, 'One page.'), ...problems(422) },
});

const SHOW = createRoute({
  method: 'get',
  path: '/{id}',
  tags,
  summary: 'All that is told of one run.',
  request: { params },
  responses: { 200: json(RunDocument, 'The run.'), ...problems(404) },
});

const EVENTS = createRoute({
  method: 'get',
  path: '/{id}/events',
  tags,
  summary: 'What happens in a run, as server-sent StreamMessages until its end.',
  request: {
    params,
    headers: z.object({
      'Last-Event-ID': z
        .string()
        .optional()
        .meta({ description: 'The id of the last message that was read: the stream goes on behind it.' }),
    }),
  },
  responses: {
    200: {
      description:
        'Each message is a StreamMessage; the last one is execution_completed or execution_failed.',
      content: { 'text/event-stream': { schema: StreamMessage } },
    },
    204: { description: 'The end of the run has been read already.' },
    ...problems(404),
  },
});

const PATCH = createRoute({
  method: 'get',
  path: '/{id}/patch',
  tags,
  summary: 'The change as a git diff.',
  request: { params },
  responses: {
    200: { description: 'The diff.', content: { 'text/x-diff': { schema: z.string() } } },
    ...problems(404),
  },
});

const CANCEL = createRoute({
  method: 'post',
  path: '/{id}/cancel',
  tags,
  summary: 'Ask a run to end; again is harmless.',
  request: { params },
  responses: { 202: json(RunReceipt, 'It will end soon, or has been cancelled.'), ...problems(404, 409) },
});

const RETRY = createRoute({
  method: 'post',
  path: '/{id}/retry',
  tags,
  summary: 'Have the same work done once more, as a new run.',
  request: { params },
  responses: { 202: { ...json(RunReceipt, 'The new run was taken.'), ...located }, ...problems(404, 409) },
});

/** `/api/v1/runs`: take runs, and tell of them. */
export function runRoutes(settings: RunRoutesSettings): Routes {
  const { store, intake, publicUrl } = settings;
  const routes = createRoutes();
  const originOf = (context: Context): string => publicUrl ?? new URL(context.req.url).origin;
  const receipt = (context: Context, stored: StoredRun): RunReceipt => {
    const told = receiptOf(stored, originOf(context));
    context.header('location', pathOf(told.id));
    return told;
  };

  routes.openapi(CREATE, async (context) => {
    const key = context.req.valid('header')['Idempotency-Key'] ?? null;
    const stored = await intake.create(context.req.valid('json'), key);
    return context.json(receipt(context, stored), 202);
  });
  routes.openapi(LIST, async (context) => {
    const { limit, before = null, status = null } = context.req.valid('query');
    const found = await store.list(limit + 1, { before, status });
    const runs = found.slice(0, limit).map((stored) => summaryOf(stored, originOf(context)));
    return context.json({ runs, next: found.length > limit ? (runs.at(-1)?.id ?? null) : null }, 200);
  });
  routes.openapi(SHOW, async (context) => {
    const stored = await known(store, context.req.valid('param').id);
    const { id } = stored.run;
    const [events, result, spending] = await Promise.all([
      store.events(id, 0),
      store.result(id),
      store.spending(id),
    ]);
    return context.json(documentOfRun({ stored, events, result, spending }, originOf(context)), 200);
  });
  routes.openapi(EVENTS, async (context) => {
    const stored = await known(store, context.req.valid('param').id);
    return answerEvents(context, settings, stored, context.req.valid('header')['Last-Event-ID']);
  });
  routes.openapi(PATCH, async (context) => {
    const { run } = await known(store, context.req.valid('param').id);
    const diff = (await store.result(run.id))?.diff ?? '';
    if (diff === '') throw noPatch();
    return context.body(diff, 200, { 'content-type': 'text/x-diff; charset=utf-8' });
  });
  routes.openapi(CANCEL, async (context) => {
    const stored = await intake.cancel(context.req.valid('param').id);
    return context.json(receiptOf(stored, originOf(context)), 202);
  });
  routes.openapi(RETRY, async (context) =>
    context.json(receipt(context, await intake.retry(context.req.valid('param').id)), 202),
  );
  return routes;
}

async function known(store: RunStore, runId: string): Promise<StoredRun> {
  const stored = await store.get(runId);
  if (stored !== null) return stored;
  throw new PtcError({
    code: 'run-unknown',
    message: 'There is no run of this id.',
    remedy: 'GET /api/v1/runs lists those there are.',
    retryable: false,
  });
}

const noPatch = (): PtcError =>
  new PtcError({
    code: 'patch-missing',
    message: 'This run has no patch (yet).',
    remedy: 'GET /api/v1/runs/{id} says how far it has come.',
    retryable: false,
  });
