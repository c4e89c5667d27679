import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import { ApiKey } from '../domain/api-key.ts';
import { CreatedKey, KeyList, KeyRequest } from '../protocol/api-keys.ts';
import { type Keyring } from './access/keyring.ts';
import { countableBody } from './countable-body.ts';
import { BODY_STATUSES, createRoutes, json, problems, type Routes } from './openapi.ts';
import { answerProblem } from './problem.ts';

const tags = ['keys'];

const CREATE = createRoute({
  method: 'post',
  path: '/',
  tags,
  summary: 'Make an API key.',
  middleware: countableBody,
  request: { body: json(KeyRequest, 'Its name, and what it is good for.') },
  responses: { 201: json(CreatedKey, 'The key, said this once.'), ...problems(...BODY_STATUSES) },
});

const LIST = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'All API keys, newest first.',
  responses: { 200: json(KeyList, 'Revoked ones too.'), ...problems() },
});

const REVOKE = createRoute({
  method: 'post',
  path: '/{id}/revoke',
  tags,
  summary: 'Make an API key worth nothing.',
  request: { params: z.object({ id: z.string() }) },
  responses: { 200: json(ApiKey, 'The key as it is now.'), ...problems(404) },
});

/**
 * `/api/v1/keys`: make, list and revoke API keys. The guards let only administrators here. Answers are cut to their
 * wire types: whatever more is kept of a key stays here.
 */
export function keyRoutes(keyring: Keyring): Routes {
  const routes = createRoutes();

  routes.openapi(CREATE, async (context) =>
    context.json(CreatedKey.parse(await keyring.create(context.req.valid('json'))), 201),
  );
  routes.openapi(LIST, async (context) => context.json(KeyList.parse({ keys: await keyring.list() }), 200));
  routes.openapi(REVOKE, async (context) => {
    const key = await keyring.revoke(context.req.valid('param').id);
    if (key !== null) return context.json(ApiKey.parse(key), 200);
    return answerProblem(context, 404, {
      code: 'key-unknown',
      message: 'There is no key of this id.',
      remedy: 'ptc key list shows the ids: what a key begins with, ptc_ and 16 digits.',
    });
  });

  return routes;
}
