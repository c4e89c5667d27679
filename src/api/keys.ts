import { Hono } from 'hono';
import * as z from 'zod';
import { ApiKey } from '../domain/api-key.ts';
import { CreatedKey, KeyList, KeyRequest } from '../protocol/api-keys.ts';
import { type Keyring } from './access/keyring.ts';
import { answerProblem } from './problem.ts';

/**
 * `/api/v1/keys`: make, list and revoke API keys. The guards let only administrators here. Answers are cut to their
 * wire types: whatever more is kept of a key stays here.
 */
export function keyRoutes(keyring: Keyring): Hono {
  const routes = new Hono();

  routes.post('/', async (context) => {
    const request = KeyRequest.safeParse(await context.req.json().catch(() => null));
    if (request.success) return context.json(CreatedKey.parse(await keyring.create(request.data)), 201);
    return answerProblem(context, 422, {
      code: 'request-invalid',
      message: z.prettifyError(request.error),
      remedy: 'Send {"name": "…", "scopes": ["execute" | "runs" | "admin", …]}.',
    });
  });

  routes.get('/', async (context) => context.json(KeyList.parse({ keys: await keyring.list() })));

  routes.post('/:id/revoke', async (context) => {
    const key = await keyring.revoke(context.req.param('id'));
    if (key !== null) return context.json(ApiKey.parse(key));
    return answerProblem(context, 404, {
      code: 'key-unknown',
      message: 'There is no key of this id.',
      remedy: 'ptc key list shows the ids: what a key begins with, ptc_ and 16 digits.',
    });
  });

  return routes;
}
