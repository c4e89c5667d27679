/**
 * What the service is measured beside, in a process of its own: the same two routes on hono and nothing else. The body
 * of a plan is parsed, and the answer to it is always the text of the file that is named first. Prints its port.
 */
import { readFileSync } from 'node:fs';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import * as z from 'zod';

const [, , healthFile = '', resultFile = ''] = process.argv;
const read = (file: string): object => z.looseObject({}).parse(JSON.parse(readFileSync(file, 'utf8')));
const [health, result] = [read(healthFile), read(resultFile)];

const app = new Hono();
app.get('/health', (context) => context.json(health));
app.post('/execute', async (context) => {
  const { execution_id: id } = await context.req.json<{ execution_id: string }>();
  return context.json({ ...result, execution_id: id });
});
serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => {
  process.stdout.write(`${port}\n`);
});
