import { Hono } from 'hono';
import { type DeadWebhooks } from '../run/ports.ts';
import { type DeadWebhookList, type ResentWebhook } from '../protocol/dead-webhooks.ts';
import { answerProblem } from './problem.ts';

const LISTED = 500;

/** What no receiver took, under `/api/v1/webhooks`: `GET /dead`, and `POST /:id/resend`. */
export function webhookRoutes(webhooks: DeadWebhooks): Hono {
  const routes = new Hono();

  routes.get('/dead', async (context) => {
    const dead = await webhooks.list(LISTED);
    return context.json({ webhooks: dead } satisfies DeadWebhookList);
  });

  routes.post('/:id/resend', async (context) => {
    const id = context.req.param('id');
    const receivers = await webhooks.resend(id);
    if (receivers > 0) return context.json({ id, receivers } satisfies ResentWebhook, 202);
    return answerProblem(context, 404, {
      code: 'webhook-unknown',
      message: `No webhook ${id} was given up.`,
      remedy: 'See `ptc webhook list`; what was delivered or is still tried cannot be sent again.',
    });
  });

  return routes;
}
