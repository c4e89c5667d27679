import { createRoute } from '@hono/zod-openapi';
import { Health } from '../protocol/health.ts';
import { createRoutes, json, problems, type Routes } from './openapi.ts';

const HEALTH = createRoute({
  method: 'get',
  path: '/health',
  tags: ['service'],
  summary: 'Whether the server is well; needs no key.',
  security: [],
  responses: { 200: json(Health, 'It is.'), ...problems() },
});

/** `GET /health`, as ROMA asks for it. */
export function healthRoutes({
  version,
  llmProvider,
}: {
  readonly version: string;
  readonly llmProvider: string;
}): Routes {
  const answer: Health = {
    status: 'healthy',
    service: 'ptc',
    version,
    schemas_available: true,
    llm_provider: llmProvider,
  };
  const routes = createRoutes();
  routes.openapi(HEALTH, (context) => context.json(answer, 200));
  return routes;
}
