import { expect, test } from 'vitest';
import { readConfig } from '../src/config.ts';

const LEAST = { APP_ID: '12', PRIVATE_KEY: 'a\\nb', WEBHOOK_SECRET: 'sixteen-characters-long' };

test('the least configuration gets the defaults', () => {
  const config = readConfig(LEAST);
  expect(config).toMatchObject({ APP_ID: 12, PRIVATE_KEY: 'a\nb', PORT: 3000, PTC_API_HOST: '127.0.0.1' });
});

test.each(['', undefined])('an unset webhook secret (%j) stops the start', (secret) => {
  expect(() => readConfig({ ...LEAST, WEBHOOK_SECRET: secret })).toThrow(/WEBHOOK_SECRET is not set/);
});

test('every fault is named at once', () => {
  expect(() => readConfig({ PORT: 'x', PTC_BUDGET_USD: '-1', PTC_MODEL_PRICES: '{' })).toThrow(
    /APP_ID is not set[\s\S]*WEBHOOK_SECRET is not set[\s\S]*PORT[\s\S]*PTC_MODEL_PRICES: is not JSON[\s\S]*PTC_BUDGET_USD|PTC_BUDGET_USD/,
  );
});

test.each(['https://roma.example/', 'roma.example', '*', 'null'])(
  'a page that may use the API is named by its origin, not %s',
  (origin) => {
    const PTC_CORS_ORIGINS = `https://ptc.example:8443, ${origin}`;
    expect(() => readConfig({ ...LEAST, PTC_CORS_ORIGINS })).toThrow(/PTC_CORS_ORIGINS.*list of origins/);
  },
);

test('a receiver without a secret is refused', () => {
  expect(() => readConfig({ ...LEAST, PTC_WEBHOOK_URL: 'https://roma.example/hook' })).toThrow(
    /PTC_WEBHOOK_SECRET is not set/,
  );
});

test('Daytona workspaces need a key and a snapshot', () => {
  expect(() => readConfig({ ...LEAST, PTC_WORKSPACES: 'daytona' })).toThrow(
    /DAYTONA_API_KEY is not set[\s\S]*PTC_DAYTONA_SNAPSHOT is not set/,
  );
  const given = { PTC_WORKSPACES: 'daytona', DAYTONA_API_KEY: 'key', PTC_DAYTONA_SNAPSHOT: 'ptc-1' };
  const config = readConfig({ ...LEAST, ...given, PTC_DAYTONA_DOMAINS: 'a.example, b.example' });
  expect(config).toMatchObject({
    ...given,
    DAYTONA_API_URL: 'https://app.daytona.io/api',
    PTC_DAYTONA_DOMAINS: ['a.example', 'b.example'],
  });
});

test('workspaces that stand alone need an address that they reach, over https', () => {
  const alone = { ...LEAST, PTC_WORKSPACE_MODE: 'standalone' };
  expect(readConfig(LEAST).PTC_WORKSPACE_MODE).toBe('followed');
  expect(() => readConfig(alone)).toThrow(/PTC_PUBLIC_WEBHOOKS_URL is not set/);
  const at = (url: string) => readConfig({ ...alone, PTC_PUBLIC_WEBHOOKS_URL: url }).PTC_PUBLIC_WEBHOOKS_URL;
  expect(at('https://ptc.example/')).toBe('https://ptc.example');
  expect(at('http://127.0.0.1:3000')).toBe('http://127.0.0.1:3000');
  for (const unsafe of ['http://ptc.example', 'ftp://127.0.0.1', 'ptc.example'])
    expect(() => at(unsafe)).toThrow(/PTC_PUBLIC_WEBHOOKS_URL/);
});

test('several receivers may be named, and each must be a URL', () => {
  const secret = { PTC_WEBHOOK_SECRET: 'whsec_c2VjcmV0' };
  const named = { ...LEAST, ...secret, PTC_WEBHOOK_URL: 'https://a.example/hook, https://b.example/' };
  expect(readConfig(named).PTC_WEBHOOK_URL).toEqual(['https://a.example/hook', 'https://b.example/']);
  expect(() => readConfig({ ...named, PTC_WEBHOOK_URL: 'https://a.example/, b' })).toThrow(
    /PTC_WEBHOOK_URL: wants URLs/,
  );
});
