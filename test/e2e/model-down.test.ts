import { createServer, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import * as z from 'zod';
import {
  createWorld,
  MAINTAINER,
  OWNER,
  PROVIDER_KEY,
  REPOSITORY,
  untilFinished,
  type World,
} from '../helpers/world.ts';

let world: World | null = null;
let provider: Server | null = null;
afterEach(async () => {
  provider?.closeAllConnections();
  provider?.close();
  await world?.close();
  world = provider = null;
});

/** A provider that passes so many requests on to `url` and is overloaded from then on. Resolves to its address. */
async function downAfter(answers: number, url: string): Promise<string> {
  let asked = 0;
  const server = createServer((request, response) => {
    void (async () => {
      const body = Buffer.concat(await Array.fromAsync<Buffer>(request));
      asked += 1;
      if (asked > answers) {
        response.writeHead(529).end('{"type":"error","error":{"type":"overloaded_error","message":"No."}}');
        return;
      }
      const answer = await fetch(`${url}${request.url}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
      response.end(Buffer.from(await answer.arrayBuffer()));
    })();
  });
  provider = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return `http://127.0.0.1:${port}`;
}

test('a model that goes down in the middle is taken over by the next, and the bill names both', async () => {
  world = await createWorld();
  const { forge, model } = world;
  const server = await world.start({
    PTC_MODELS: 'anthropic:claude-sonnet-4-6,openai:gpt-5.2',
    ANTHROPIC_BASE_URL: await downAfter(2, model.url),
    OPENAI_API_KEY: PROVIDER_KEY,
    OPENAI_BASE_URL: `${model.url}/v1`,
  });
  const state = await untilFinished(server, await world.label(await world.openIssue()));

  expect(state.status).toBe('succeeded');
  const { body } = await forge.as(MAINTAINER, 'GET', `/repos/${OWNER}/${REPOSITORY}/pulls`);
  const [pullRequest] = z.array(z.object({ body: z.string() })).parse(body);
  expect(pullRequest?.body).toMatch(/\| `anthropic:claude-sonnet-4-6` \| 2 \|/);
  expect(pullRequest?.body).toMatch(/\| `openai:gpt-5\.2` \| \d+ \|/);
  expect(pullRequest?.body).toMatch(/model requests, 1 fall-over\b/);
});
