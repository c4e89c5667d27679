import { beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { createApi } from '../../src/api/app.ts';
import { PtcError } from '../../src/domain/errors.ts';
import { SERVER_TOKEN } from './access-bed.ts';
import { settingsOf } from './api-bed.ts';

const authorization = `Bearer ${SERVER_TOKEN}`;

let app: ReturnType<typeof createApi>;
beforeEach(() => {
  app = createApi(settingsOf());
});

const Document = z.object({
  openapi: z.string(),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        summary: z.string(),
        responses: z.record(z.string(), z.object({ description: z.string() })),
      }),
    ),
  ),
  components: z.object({ schemas: z.record(z.string(), z.unknown()), securitySchemes: z.unknown() }),
});

const described = async () => Document.parse(await (await app.request('/openapi.json')).json());

describe('GET /openapi.json', () => {
  test('tells every route for programs, with what each can answer, to anybody', async () => {
    const { openapi, paths, components } = await described();

    expect(openapi).toBe('3.1.0');
    expect(Object.keys(paths).toSorted()).toEqual([
      '/',
      '/api/v1/keys',
      '/api/v1/keys/{id}/revoke',
      '/api/v1/runs',
      '/api/v1/runs/{id}',
      '/api/v1/runs/{id}/cancel',
      '/api/v1/runs/{id}/events',
      '/api/v1/runs/{id}/patch',
      '/api/v1/runs/{id}/retry',
      '/api/v1/webhooks/dead',
      '/api/v1/webhooks/{id}/resend',
      '/execute',
      '/generate',
      '/health',
      '/stats',
    ]);
    for (const operations of Object.values(paths)) {
      for (const { responses } of Object.values(operations)) {
        expect(Object.keys(responses)).toEqual(expect.arrayContaining(['401', '403', '421', '500', '503']));
      }
    }
    expect(Object.keys(paths['/api/v1/runs']?.['post']?.responses ?? {})).toEqual(
      expect.arrayContaining(['202', '400', '409', '415', '422']),
    );
    expect(components.securitySchemes).toMatchObject({
      Bearer: { scheme: 'bearer' },
      Basic: { scheme: 'basic' },
    });
  });

  test('refers only to schemas that it has', async () => {
    const text = await (await app.request('/openapi.json')).text();
    const { schemas } = Document.parse(JSON.parse(text)).components;
    const names = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);

    expect(names.length).toBeGreaterThan(5);
    for (const name of names) expect(schemas).toHaveProperty(name ?? '');
  });
});

describe('what cannot be read is answered as a problem', () => {
  const send = (body: string, contentType: string | null) =>
    app.request('/api/v1/keys', {
      method: 'POST',
      headers: { authorization, ...(contentType === null ? {} : { 'content-type': contentType }) },
      body: new TextEncoder().encode(body),
    });

  test.each([
    ['no JSON', '{"name":', 'application/json', 400, 'body-malformed'],
    ['nothing', '', 'application/json', 400, 'body-malformed'],
    ['a form', 'name=x', 'application/x-www-form-urlencoded', 415, 'content-type-unknown'],
    ['text', '{}', 'text/plain', 415, 'content-type-unknown'],
    ['a body of no type', '{}', null, 415, 'content-type-unknown'],
    ['an array', '[]', 'application/json', 422, 'request-invalid'],
  ])('%s', async (_what, body, contentType, status, code) => {
    const response = await send(body, contentType);

    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({
      error: expect.objectContaining({
        code,
        message: expect.any(String),
        remedy: expect.any(String),
        retryable: false,
      }),
    });
  });

  test('each field that is wrong is named', async () => {
    const response = await send(
      '{"name":"","scopes":["runs","all"],"more":1}',
      'application/json; charset=utf-8',
    );

    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      error: {
        code: 'request-invalid',
        message: expect.stringContaining('scopes.1'),
        fields: [{ path: 'name' }, { path: 'scopes.1' }, { path: '' }],
      },
    });
  });

  test('a thousand faults are not all told', async () => {
    const response = await send(
      JSON.stringify({ name: 'x', scopes: Array(1000).fill('all') }),
      'application/json',
    );
    const text = await response.text();

    expect(response.status).toBe(422);
    expect(text).toContain('and 980 more');
    expect(text.length).toBeLessThan(10_000);
  });

  test.each(['/api/v1/nothing', '/api', '/health/x', '/execute/x'])('%s is a 404', async (path) => {
    const response = await app.request(path, { headers: { authorization } });

    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 'path-unknown' } });
  });
});

test('a failure that can pass says when to try again; one that nobody foresaw keeps its words', async () => {
  const unavailable = { code: 'database-unavailable', message: 'Away.', remedy: 'Wait.', retryable: true };
  const failing = (error: Error) => {
    const settings = settingsOf();
    const get = async () => {
      throw error;
    };
    return createApi({ ...settings, store: { ...settings.store, get } });
  };
  const later = await failing(new PtcError(unavailable)).request('/api/v1/runs/x');
  const never = await failing(new Error('canary')).request('/api/v1/runs/x');

  expect(later.status).toBe(503);
  expect(later.headers.get('retry-after')).toBe('10');
  expect(await later.json()).toEqual({ error: unavailable });
  expect(never.status).toBe(500);
  expect(await never.text()).not.toContain('canary');
});
