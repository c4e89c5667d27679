import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import { DeadWebhookList, ResentWebhook } from '../protocol/dead-webhooks.ts';
import { type DeadWebhooks } from '../run/ports.ts';
import { createRoutes, json, problems, type Routes } from './openapi.ts';
import { answerProblem } from './problem.ts';

const LISTED = 500;
const tags = ['webhooks'];

const DEAD = createRoute({
  method: 'get',
  path: '/dead',
  tags,
  summary: 'What no receiver took, the latest first.',
  responses: { 200: json(DeadWebhookList, `At most ${LISTED}.`), ...problems() },
});

const RESEND = createRoute({
  method: 'post',
  path: '/{id}/resend',
  tags,
  summary: 'Send a webhook again to every receiver that never took it.',
  request: { params: z.object({ id: z.string() }) },
  responses: { 202: json(ResentWebhook, 'It is due again.'), ...problems(404) },
});

/** What no receiver took, under `/api/v1/webhooks`. */
export function webhookRoutes(webhooks: DeadWebhooks): Routes {
  const routes = createRoutes();

  routes.openapi(DEAD, async (context) => context.json({ webhooks: await webhooks.list(LISTED) }, 200));
  routes.openapi(RESEND, async (context) => {
    const { id } = context.req.valid('param');
    const receivers = await webhooks.resend(id);
    if (receivers > 0) return context.json({ id, receivers }, 202);
    return answerProblem(context, 404, {
      code: 'webhook-unknown',
      message: `No webhook ${id} was given up.`,
      remedy: 'See `ptc webhook list`; what was delivered or is still tried cannot be sent again.',
    });
  });

  return routes;
}
