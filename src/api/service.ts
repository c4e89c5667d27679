import { randomUUID } from 'node:crypto';
import { createRoute } from '@hono/zod-openapi';
import { PtcError } from '../domain/errors.ts';
import {
  GenerateAnswer,
  GenerateRequest,
  PTCArtifactResult,
  PTCExecutionPlan,
  ServiceDescription,
  ServiceStats,
} from '../protocol/roma.ts';
import { type Executions } from '../run/executions/ports.ts';
import { countableBody } from './countable-body.ts';
import { generationOf, planOfGeneration } from './generate.ts';
import { BODY_STATUSES, createRoutes, json, problems, type Routes } from './openapi.ts';
import { answerProblem } from './problem.ts';
import { type RunWatch } from './run-watch.ts';

export interface ServiceSettings {
  readonly executions: Executions;
  readonly watch: RunWatch;
  /** Aborted when this server is to end: nobody waits any longer then. */
  readonly stopping: AbortSignal;
  readonly version: string;
  /** Provider of the model asked first; ROMA shows it. */
  readonly llmProvider: string;
}

const tags = ['service'];

const EXECUTE = createRoute({
  method: 'post',
  path: '/execute',
  tags,
  summary: 'Carry a plan of ROMA’s out, and wait for what comes of it',
  description:
    'The same execution_id again joins the work that is under way, or gets its result; it may be sent again whenever the connection was lost.',
  middleware: countableBody,
  request: { body: json(PTCExecutionPlan, 'A plan') },
  responses: {
    200: json(PTCArtifactResult, 'What came of it, be it a failure'),
    ...problems(...BODY_STATUSES, 409, 502),
  },
});

const GENERATE = createRoute({
  method: 'post',
  path: '/generate',
  tags,
  summary: 'Write one file of code, without running it',
  middleware: countableBody,
  request: { body: json(GenerateRequest, 'What to write') },
  responses: { 200: json(GenerateAnswer, 'The code'), ...problems(...BODY_STATUSES) },
});

const STATS = createRoute({
  method: 'get',
  path: '/stats',
  tags,
  summary: 'How many executions there are, and how they ended',
  responses: { 200: json(ServiceStats, 'Of all that are kept'), ...problems() },
});

const ABOUT = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'What this service is; to browsers the list of runs',
  responses: { 200: json(ServiceDescription, 'The service'), ...problems() },
});

/** What ROMA's Python clients ask for: `/execute`, `/generate`, `/stats`, and `/` for programs. */
export function serviceRoutes(settings: ServiceSettings): Routes {
  const { executions, version, llmProvider } = settings;
  const routes = createRoutes();

  routes.openapi(EXECUTE, async (context) => {
    const result = await carriedOut(settings, context.req.valid('json'), context.req.raw);
    return context.json(result, 200);
  });

  routes.openapi(GENERATE, async (context) => {
    const request = context.req.valid('json');
    const plan = planOfGeneration(request, `generate-${randomUUID()}`);
    const result = await carriedOut(settings, plan, context.req.raw);
    const generation = result.status === 'SUCCESS' ? generationOf(result, request) : null;
    if (generation !== null) return context.json(generation, 200);
    return answerProblem(context, 422, {
      code: 'generation-failed',
      message: result.error_message ?? 'No code came of it.',
      remedy: `See the run ${String(result.metadata['run_id'])}, or ask for it in other words.`,
    });
  });

  routes.openapi(STATS, async (context) => context.json(await executions.stats(), 200));

  routes.openapi(ABOUT, (context) =>
    context.json(
      {
        service: 'ptc' as const,
        name: 'PTC Bot',
        version,
        llm_provider: llmProvider,
        endpoints: ENDPOINTS,
      },
      200,
    ),
  );

  return routes;
}

const ENDPOINTS: Readonly<Record<string, string>> = {
  'POST /execute': EXECUTE.summary,
  'POST /generate': GENERATE.summary,
  'GET /stats': STATS.summary,
  'GET /health': 'Whether the server is well',
  'GET /openapi.json': 'All of the API as an OpenAPI document',
};

/** Takes the plan up and waits for its end; the work goes on when whoever asked is gone. */
async function carriedOut(
  settings: ServiceSettings,
  plan: PTCExecutionPlan,
  request: Request,
): Promise<PTCArtifactResult> {
  const submitted = await settings.executions.submit(plan);
  if (submitted.kind === 'settled') return submitted.result;
  return resultOf(settings, plan.execution_id, submitted.runId, request.signal);
}

async function resultOf(
  { executions, watch, stopping }: ServiceSettings,
  executionId: string,
  runId: string,
  signal: AbortSignal,
): Promise<PTCArtifactResult> {
  const ended = AbortSignal.any([signal, stopping]);
  const head = await watch.until(runId, ({ isFinished }) => isFinished, ended);
  if (head === null && ended.aborted) throw stopped();
  return executions.result(executionId);
}

const stopped = (): PtcError =>
  new PtcError({
    code: 'server-stopping',
    message: 'The server is about to end; the work goes on when it is back.',
    remedy: 'Send the same plan under the same execution_id again.',
    retryable: true,
  });
