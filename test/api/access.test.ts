import { type Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { createApi } from '../../src/api/app.ts';
import { type Access } from '../../src/api/access/guards.ts';
import { type KeyTable } from '../../src/api/access/keyring.ts';
import { type Scope } from '../../src/domain/api-key.ts';
import { CreatedKey, KeyList } from '../../src/protocol/api-keys.ts';
import { memoryKeyTable } from '../helpers/memory-key-table.ts';
import { memoryRunStore } from '../helpers/memory-run-store.ts';
import { accessOf, SERVER_TOKEN } from './access-bed.ts';
import { settingsOf } from './api-bed.ts';

const apiOf = (different: Partial<Access> & { readonly table?: KeyTable } = {}): Hono =>
  createApi(settingsOf({ access: accessOf(different), publicUrl: 'https://ptc.example' }));

type Headers = Readonly<Record<string, string>>;
const bearer = (key: string): Headers => ({ authorization: `Bearer ${key}` });
const basic = (user: string, password: string): Headers => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});

const post = (app: Hono, path: string, headers: Headers, body = '{}') =>
  app.request(path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });

async function makeKey(app: Hono, ...scopes: readonly Scope[]): Promise<CreatedKey> {
  const response = await post(
    app,
    '/api/v1/keys',
    bearer(SERVER_TOKEN),
    JSON.stringify({ name: 'a name', scopes }),
  );
  expect(response.status).toBe(201);
  return CreatedKey.parse(await response.json());
}

const statusOf = async (app: Hono, path: string, headers: Headers = {}): Promise<number> =>
  (await app.request(path, { headers })).status;

describe('on loopback without keys', () => {
  test('run pages are open, and a proxy’s own password is nothing to us', async () => {
    const app = apiOf();

    expect(await statusOf(app, '/')).toBe(200);
    expect(await statusOf(app, '/', basic('ada', 'secret of the proxy'))).toBe(200);
  });

  test.each(['/api/v1/keys', '/api/v1/webhooks/dead', '/api/v1/of-tomorrow'])(
    '%s wants the server’s token all the same',
    async (path) => {
      const app = apiOf();

      expect(await statusOf(app, path)).toBe(401);
      expect(await statusOf(app, path, bearer('ptc_server_another'))).toBe(401);
      expect([200, 404]).toContain(await statusOf(app, path, bearer(SERVER_TOKEN)));
    },
  );
});

describe('from the first key on', () => {
  test('nobody is answered without one, but for the question whether the server is well', async () => {
    const app = apiOf();
    await makeKey(app, 'execute');

    for (const path of ['/', '/runs/x', '/runs/x/patch', '/nowhere', '/execute', '/api/v1/runs']) {
      expect(await statusOf(app, path)).toBe(401);
    }
    expect(await statusOf(app, '/health')).toBe(200);
  });

  test('so it stays when that key is revoked, and for a server that did not see it made', async () => {
    const table = memoryKeyTable();
    const app = apiOf({ table });
    const { record } = await makeKey(app, 'runs');
    await post(app, `/api/v1/keys/${record.id}/revoke`, bearer(SERVER_TOKEN));

    expect(await statusOf(app, '/')).toBe(401);
    expect(await statusOf(apiOf({ table }), '/')).toBe(401);
  });

  test('a browser is asked for a password', async () => {
    const app = apiOf();
    const { key } = await makeKey(app, 'runs');
    const refused = await app.request('/');
    const shown = await app.request('/', { headers: basic('whoever', key) });

    expect(refused.headers.get('www-authenticate')).toMatch(/^Basic realm="PTC Bot".*, Bearer realm=/);
    expect(await refused.json()).toMatchObject({ error: { code: 'key-missing', retryable: false } });
    expect(shown.status).toBe(200);
  });

  test('a key is taken as Bearer in any case and as the password of Basic, and nowhere else', async () => {
    const app = apiOf();
    const { key, record } = await makeKey(app, 'runs');
    const refused: readonly Headers[] = [
      { authorization: key },
      { authorization: `Token ${key}` },
      { authorization: 'Basic %%%' },
      { authorization: 'Bearer' },
      basic(key, ''),
      bearer(`${key}x`),
      bearer(key.slice(0, -1)),
      bearer(record.id),
      bearer(key.toUpperCase()),
      { cookie: `key=${key}` },
    ];

    expect(await statusOf(app, '/', { authorization: `bearer ${key}` })).toBe(200);
    expect(await statusOf(app, '/', basic('ptc', key))).toBe(200);
    for (const headers of refused) expect(await statusOf(app, '/', headers)).toBe(401);
    expect(await statusOf(app, `/?key=${key}`)).toBe(401);
  });

  test('the secret of one key does not fit the id of another', async () => {
    const app = apiOf();
    const [one, two] = [await makeKey(app, 'runs'), await makeKey(app, 'admin')];

    expect(await statusOf(app, '/', bearer(one.key.replace(one.record.id, two.record.id)))).toBe(401);
  });

  test('a revoked key is worth nothing', async () => {
    const app = apiOf();
    const [admin, runs] = [await makeKey(app, 'admin'), await makeKey(app, 'runs')];
    const revoked = await post(app, `/api/v1/keys/${runs.record.id}/revoke`, bearer(admin.key));
    const response = await app.request('/', { headers: bearer(runs.key) });

    expect(revoked.status).toBe(200);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: { code: 'key-refused' } });
  });
});

describe('each scope opens its own paths', () => {
  const PATHS = { '/': 'runs', '/runs/x': 'runs', '/api/v1/runs': 'runs', '/api/v1/runs/x': 'runs' } as const;
  const OTHERS = { '/execute': 'execute', '/generate': 'execute', '/stats': 'execute' } as const;
  const GUARDED = {
    '/api/v1/keys': 'admin',
    '/api/v1/runsx': 'admin',
    '/api/v1/webhooks/dead': 'admin',
    '/api': 'admin',
  } as const;

  test.each(Object.entries({ ...PATHS, ...OTHERS, ...GUARDED }))('%s: %s', async (path, needed) => {
    const app = apiOf();
    for (const scope of ['execute', 'runs', 'admin'] as const) {
      const { key } = await makeKey(app, scope);
      const response = await app.request(path, { headers: bearer(key) });
      const isRefused = response.status === 403;

      expect(isRefused).toBe(scope !== needed && scope !== 'admin');
      if (isRefused) expect(await response.json()).toMatchObject({ error: { code: 'scope-missing' } });
    }
  });

  test('a path in disguise is no way in', async () => {
    const app = apiOf();
    const { key } = await makeKey(app, 'runs');

    for (const path of [
      '//api/v1/keys',
      '/api/v1/%6beys',
      '/x/../api/v1/keys',
      '/API/v1/keys',
      '/api//v1/keys',
    ]) {
      expect([403, 404]).toContain(await statusOf(app, path, bearer(key)));
    }
  });
});

describe('/api/v1/keys', () => {
  test('says a key once; what is kept and listed cannot be used', async () => {
    const table = memoryKeyTable();
    const app = apiOf({ table });
    const { key, record } = await makeKey(app, 'runs', 'execute');
    const list = await app.request('/api/v1/keys', { headers: bearer(SERVER_TOKEN) });
    const text = await list.text();

    expect(key).toMatch(/^ptc_[0-9a-f]{16}_[\w-]{43}$/);
    expect(key.startsWith(`${record.id}_`)).toBe(true);
    expect(KeyList.parse(JSON.parse(text)).keys).toEqual([record]);
    expect(text + JSON.stringify(await table.find(record.id))).not.toContain(key.slice(record.id.length + 1));
    expect(text).not.toContain('hash');
  });

  test('tells when a key was last used, by the hour', async () => {
    const table = memoryKeyTable();
    let writes = 0;
    const counting = {
      ...table,
      markUsed: (id: string, now: Date) => table.markUsed(id, now).finally(() => (writes += 1)),
    };
    const app = apiOf({ table: counting });
    const { key, record } = await makeKey(app, 'runs');
    for (let request = 0; request < 5; request += 1) await statusOf(app, '/', bearer(key));
    expect(writes).toBe(1);

    await table.markUsed(record.id, new Date(Date.now() - 3_700_000));
    await statusOf(app, '/', bearer(key));
    expect(writes).toBe(2);
  });

  test.each([
    '{}',
    '[]',
    '{"name":"x"}',
    '{"name":"x","scopes":[]}',
    '{"name":" ","scopes":["runs"]}',
    '{"name":"x","scopes":["all"]}',
  ])('refuses %s and says why', async (body) => {
    const response = await post(apiOf(), '/api/v1/keys', bearer(SERVER_TOKEN), body);

    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ error: { code: 'request-invalid' } });
  });

  test('does not know the key that never was', async () => {
    const response = await post(apiOf(), '/api/v1/keys/ptc_0000000000000000/revoke', bearer(SERVER_TOKEN));

    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 'key-unknown' } });
  });
});

describe('names and pages of others', () => {
  test('on loopback only our own names are answered; elsewhere the key decides', async () => {
    const open = apiOf();
    const closed = apiOf({ isLoopback: false });

    for (const name of ['127.0.0.1:8001', '[::1]:8001', 'localhost', 'ptc.example']) {
      expect(await statusOf(open, `http://${name}/`)).toBe(200);
    }
    expect(await statusOf(open, 'http://evil.example:8001/')).toBe(421);
    expect(await statusOf(open, 'http://evil.example:8001/health')).toBe(421);
    expect(await statusOf(closed, 'http://evil.example:8001/')).toBe(401);
    expect(await statusOf(closed, 'http://10.0.0.7:8001/', bearer(SERVER_TOKEN))).toBe(200);
  });

  test.each<[string, Headers, number]>([
    ['a program', {}, 404],
    ['our own page', { origin: 'http://127.0.0.1:8001', 'sec-fetch-site': 'same-origin' }, 404],
    [
      'our own page behind the proxy',
      { origin: 'https://ptc.example', 'sec-fetch-site': 'same-origin' },
      404,
    ],
    ['a page elsewhere', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 403],
    ['one in an old browser', { origin: 'https://evil.example' }, 403],
    ['one that hides its origin', { origin: 'null' }, 403],
    ['one on another port of this machine', { origin: 'http://127.0.0.1:3000' }, 403],
    ['one that sends no origin', { 'sec-fetch-site': 'same-site' }, 403],
    ['a page that is allowed', { origin: 'https://roma.example', 'sec-fetch-site': 'cross-site' }, 404],
  ])('%s may write or not, with a key or without', async (_who, headers, status) => {
    const app = apiOf({ corsOrigins: ['https://roma.example'] });
    const url = 'http://127.0.0.1:8001/nowhere';

    expect((await post(app, url, headers)).status).toBe(status);
    expect((await post(app, url, { ...headers, ...basic('ptc', SERVER_TOKEN) })).status).toBe(status);
  });

  test('a browser lets pages of named origins read, and of no others', async () => {
    const named = apiOf({ corsOrigins: ['https://roma.example'] });
    const preflight = {
      method: 'OPTIONS',
      headers: {
        origin: 'https://roma.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    };
    await makeKey(named, 'execute');
    const asked = await named.request('/execute', preflight);
    const refused = await named.request('/stats', { headers: { origin: 'https://roma.example' } });
    const foreign = await named.request('/health', { headers: { origin: 'https://evil.example' } });
    const unnamed = await apiOf().request('/health', preflight);

    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe('https://roma.example');
    expect(asked.headers.get('access-control-allow-headers')).toBe('authorization,content-type');
    expect(asked.headers.get('access-control-allow-credentials')).toBeNull();
    expect(refused.status).toBe(401);
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://roma.example');
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
    expect(unnamed.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('the body of a request', () => {
  const body = (sizeBytes: number): string =>
    JSON.stringify({ name: 'x'.repeat(sizeBytes - '{"name":""}'.length) });

  test('may have 2 MB and not a byte more, whether its length is told or not', async () => {
    const app = apiOf();
    const send = (sizeBytes: number, headers: Headers) =>
      post(app, '/api/v1/keys', { ...bearer(SERVER_TOKEN), ...headers }, body(sizeBytes));
    const limit = 2 * 1024 * 1024;

    expect((await send(limit, {})).status).toBe(422);
    const tooLarge = await send(limit + 1, {});
    expect(tooLarge.status).toBe(413);
    expect(await tooLarge.json()).toMatchObject({ error: { code: 'body-too-large' } });
    expect((await send(limit + 1, { 'content-length': String(limit + 1) })).status).toBe(413);
  });
});

test('neither keys nor the server’s token are logged, also when the database fails', async () => {
  const lines: unknown[] = [];
  const note = (...line: unknown[]): void => void lines.push(line);
  const noting = { info: note, warn: note, error: note };
  const table = memoryKeyTable();
  const failing = { ...table, markUsed: () => Promise.reject(new Error('no disk')) };
  const access = accessOf({ table: failing, log: noting });
  const store = { ...memoryRunStore(), list: () => Promise.reject(new Error('no database')) };
  const app = createApi(settingsOf({ store, access, log: noting }));
  const { key, record } = await makeKey(app, 'runs');

  expect(await statusOf(app, '/', { ...bearer(key), accept: 'text/html' })).toBe(500);
  expect(await statusOf(app, `/nowhere?key=${key}`, basic('ptc', SERVER_TOKEN))).toBe(404);
  const logged = JSON.stringify(lines);
  expect(logged).toContain(record.id);
  expect(logged).not.toContain(key.slice(record.id.length + 1));
  expect(logged).not.toContain(SERVER_TOKEN);
});
