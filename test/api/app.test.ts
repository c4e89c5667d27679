import { type Hono } from 'hono';
import { beforeEach, describe, expect, test } from 'vitest';
import { createApi } from '../../src/api/app.ts';
import { type RunStore } from '../../src/run/ports.ts';
import { memoryRunStore } from '../helpers/memory-run-store.ts';
import { quiet, settingsOf } from './api-bed.ts';
import { foreignMarkup, PAYLOADS, words } from './markup.ts';
import { DIFF, makeEvents, makeRun, seedRun } from './seed.ts';

let store: RunStore;
let app: Hono;

beforeEach(() => {
  store = memoryRunStore();
  app = apiOf(store);
});

const apiOf = (of: RunStore, log = quiet) =>
  createApi(settingsOf({ store: of, publicUrl: 'https://ptc.example', log }));

const asBrowser = { headers: { accept: 'text/html,*/*;q=0.8' } };
const page = async (path: string): Promise<string> => (await app.request(path, asBrowser)).text();

describe('GET /health', () => {
  test('answers what ROMA asks for', async () => {
    const response = await app.request('/health');

    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: 'healthy',
      service: 'ptc',
      version: '1.2.3',
      schemas_available: true,
      llm_provider: 'anthropic',
    });
  });
});

describe('GET /', () => {
  test('says how to start when there is no run', async () => {
    expect(words(await page('/'))).toContain('comment /ptc build');
  });

  test('lists the runs with where they stand, and reloads while one is active', async () => {
    await seedRun(store, 'run-a');
    await seedRun(store, 'run-b', { active: true, number: 9 });
    const html = await page('/');

    expect(html).toContain('href="/runs/run-a"');
    expect(words(html)).toContain('octo/calculator #7 → pull request #8 · ada');
    expect(words(html)).toMatch(/proven .* \$0\.03/);
    expect(words(html)).toContain('running');
    expect(html).toContain('http-equiv="refresh"');
  });

  test('stands still when all runs are finished', async () => {
    await seedRun(store, 'run-a');

    expect(await page('/')).not.toContain('http-equiv="refresh"');
  });
});

describe('GET /runs/:id', () => {
  test('shows what was asked, by whom, how it ended and what it cost', async () => {
    await seedRun(store, 'run-a');
    const text = words(await page('/runs/run-a'));

    for (const part of [
      'Sum subtracts instead of adding',
      'octo/calculator #7',
      'draft pull request #8',
      'Requested by ada',
      '$0.03 in 2 model calls',
      'anthropic:claude-sonnet-4-5',
      'Cancelled by grace',
      'message remedy code · trying again can help',
      'and add a test `sum(1, 2)` gives **-1**.',
      'Make sum add',
    ]) {
      expect(text).toContain(part);
    }
  });

  test('shows the proof with the checks before and after and their output', async () => {
    await seedRun(store, 'run-a');
    const text = words(await page('/runs/run-a'));

    expect(text).toContain('Proven: seen to fail before the change and to pass after it');
    expect(text).toMatch(/red: 11 passed, 1 failed, 1 skipped npm test exit 1 , 1\.2 s/);
    expect(text).toMatch(/green: 12 passed, 0 failed, 1 skipped npm test exit 0/);
    expect(text).toContain('adds test/sum.test.js failed passed yes');
    expect(text).toContain('not run');
    expect(text).toContain('test/old.test.js › flaky');
  });

  test('shows each file of the diff with its lines numbered and coloured', async () => {
    await seedRun(store, 'run-a');
    const html = (await page('/runs/run-a')).replaceAll(/>\s+</g, '><');

    expect(words(html)).toContain(
      '2 files, +5 −1 · curl -s https://ptc.example/runs/run-a/patch | git apply',
    );
    expect(html).toContain(
      '<tr class="del"><td class="ln">2</td><td class="ln"></td><td>-  return a - b;</td></tr>',
    );
    expect(html).toContain(
      '<tr class="add"><td class="ln"></td><td class="ln">3</td><td>+  return a + b;</td></tr>',
    );
    expect(html.match(/<details class="file" open>/g)).toHaveLength(2);
    expect(words(html)).toContain('test/sum.test.js new +3 −0');
  });

  test('tells the events in order with the time since the start', async () => {
    await seedRun(store, 'run-a');
    const text = words(await page('/runs/run-a'));
    const told = [
      'Workspace ready, isolation of commands: bubblewrap',
      'cloning 4.0 s',
      'Checks found setup: npm ci test: npm test',
      'Asked the model (main/1) : 6,312 tokens in, 245 out, $0.0093, 5.2 s',
      '✓ read_file src/sum.js, 4 lines',
      'Patch refused hunk 1 of src/sum.js: no such line',
      'Patch applied src/sum.js, test/sum.test.js',
      'npm test -- --watch ended by the timeout limit',
      'Attempt 1: green',
      'A note.',
      'Finished',
    ].map((part) => text.indexOf(part, text.indexOf('Timeline 10:00') + 1));

    expect(told).not.toContain(-1);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(text).toMatch(/10:00:03 \+\d/);
  });

  test('shows output as the terminal left it', async () => {
    await seedRun(store, 'run-a');
    const html = await page('/runs/run-a');

    expect(html).toContain('<pre>failed\nbold</pre>');
    expect(html).not.toContain('spinner');
    expect(html).not.toContain('\u001B');
    expect(words(html)).toContain('It printed 5,000 bytes');
  });

  test('lists what each model call used and cost, but not what the model keeps to itself', async () => {
    await seedRun(store, 'run-a');
    const text = words(await page('/runs/run-a'));

    expect(text).toContain('main/2 anthropic:claude-sonnet-4-5 40 5,120 880 1,310 8.3 s $0.02');
    expect(text).toContain('all 352 10,240 1,760 1,555 14 s $0.03');
    expect(text).not.toContain('secret thoughts');
  });

  test('sums up each of several models and says why another one was asked', async () => {
    await seedRun(store, 'run-a');
    const [, last] = await store.modelCalls('run-a');
    if (last === undefined) throw new Error('the seed has two calls');
    const passedOver = [{ model: 'anthropic:claude-sonnet-4-5', code: 'model-overloaded' }];
    const reply = { ...last.reply, provider: 'openai', model: 'gpt-x' };
    await store.saveModelCall('run-a', { ...last, requestId: 'main/3', reply, passedOver, escalated: true });
    const text = words(await page('/runs/run-a'));

    expect(text).toContain(
      '1 fall-over because a model did not answer, 1 escalation because checks had failed.',
    );
    expect(text).toContain(
      'main/3 openai:gpt-x escalated: checks had failed after anthropic:claude-sonnet-4-5 (model-overloaded) 40',
    );
    expect(text).toContain('2 requests anthropic:claude-sonnet-4-5 352 10,240 1,760 1,555 14 s $0.03');
    expect(text).toContain('1 request openai:gpt-x 40 5,120 880 1,310 8.3 s $0.02');
  });

  test('reloads while the run is active and shows the phase it is in', async () => {
    await seedRun(store, 'run-a', { active: true });
    const html = await page('/runs/run-a');

    expect(html).toContain('<meta http-equiv="refresh" content="5" />');
    expect(html).toContain('<li class="now">running</li>');
    expect(words(html)).toContain('no answer yet');
    expect(words(html)).toContain('There is none (yet).');
  });

  test('is a page for a run that has only been created', async () => {
    await store.create(makeRun('run-a'));
    const response = await app.request('/runs/run-a');

    expect(response.status).toBe(200);
    expect(words(await response.text())).toContain('The workspace has said nothing yet.');
  });

  test.each(['/runs/nobody', '/runs/nobody/patch', '/runs/nobody/events', '/nowhere', '/runs'])(
    '%s is a 404 page',
    async (path) => {
      const response = await app.request(path);

      expect(response.status).toBe(404);
      expect(words(await response.text())).toContain('Not found');
    },
  );

  test('a store that fails is answered without its words', async () => {
    const logged: unknown[] = [];
    const failing = { ...store, get: () => Promise.reject(new Error('password is canary')) };
    const response = await apiOf(failing, { ...quiet, error: (fields) => logged.push(fields) }).request(
      '/runs/x',
    );

    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('canary');
    expect(logged).toHaveLength(1);
  });
});

describe('a diff that cannot be shown line by line', () => {
  const lying = DIFF.replace('@@ -0,0 +1,3 @@', '@@ -0,0 +1,1 @@');

  test.each([
    ['whose counts would hide lines', lying, "test('adds', () =>"],
    ['that is no diff', 'just <prose>', 'just <prose>'],
    ['with a name without end', `diff --git ${'a/'.repeat(4000)} b\n${DIFF}`, 'return a + b;'],
  ])('%s is shown as text', async (_case, diff, part) => {
    await seedRun(store, 'run-a', { diff });
    const html = await page('/runs/run-a');

    expect(words(html)).toContain(part);
    expect(html).not.toContain('class="file"');
  });

  test('of great length is shown by its ends', async () => {
    const long = DIFF + `+${'x'.repeat(80)}\n`.repeat(20_000);
    await seedRun(store, 'run-a', { diff: long });
    const html = await page('/runs/run-a');

    expect(html).toContain('characters left out');
    expect(html.length).toBeLessThan(700_000);
  });

  test('shows characters that would hide what a machine reads', async () => {
    const diff = DIFF.replace("'two numbers, please'", "'\u202Eadmin\u2066'").replace(
      'return a + b;',
      'return a + b;\r',
    );
    await seedRun(store, 'run-a', { diff });
    const html = await page('/runs/run-a');

    expect(html).toContain('[U+202E]admin[U+2066]');
    expect(html).toContain('+  return a + b;[0x0D]</td>');
  });
});

describe('GET /runs/:id/patch', () => {
  test('is the diff as it is, as text', async () => {
    await seedRun(store, 'run-a');
    const response = await app.request('/runs/run-a/patch');

    expect(response.headers.get('content-type')).toBe('text/x-diff; charset=utf-8');
    expect(await response.text()).toBe(DIFF);
  });

  test('is a 404 before there is one', async () => {
    await store.create(makeRun('run-a'));

    expect((await app.request('/runs/run-a/patch')).status).toBe(404);
  });
});

describe('GET /runs/:id/events', () => {
  test('is where the run stands and its events as they came, all or those after a number', async () => {
    await seedRun(store, 'run-a');
    const all = await app.request('/runs/run-a/events');
    const some = await app.request('/runs/run-a/events?after=15');

    expect(await all.json()).toEqual({
      runId: 'run-a',
      phase: 'finished',
      status: 'succeeded',
      events: makeEvents(),
    });
    expect(await some.json()).toMatchObject({ events: [{ seq: 16 }, { seq: 17 }] });
  });

  test.each(['-1', 'x', '1e99', ''])('takes after=%s for none', async (after) => {
    await seedRun(store, 'run-a');
    const response = await app.request(`/runs/run-a/events?after=${after}`);

    expect(await response.json()).toMatchObject({ events: { length: 17 } });
  });
});

describe('texts of strangers', () => {
  test.each(PAYLOADS)('stay texts on every page: %j', async (payload) => {
    const taints = [
      (text: string) => `${text}${payload}`,
      (text: string) => `${payload}${text}`,
      () => payload,
    ];
    for (const [index, taint] of taints.entries()) {
      const id = `run-${index}${payload}`;
      await seedRun(store, id, { taint, number: index + 1, diff: taint(DIFF) });
      const path = `/runs/${encodeURIComponent(id)}`;
      const response = await app.request(path);
      const html = await response.text();

      expect(response.status).toBe(200);
      expect(foreignMarkup(html)).toEqual([]);
      expect(html.length).toBeGreaterThan(5000);
    }
    const list = await app.request('/', asBrowser);
    expect(foreignMarkup(await list.text())).toEqual([]);
  });

  test('in lines of the diff stay texts too', async () => {
    const diff = DIFF.replace('return a + b;', PAYLOADS.slice(0, 4).join('')).replaceAll(
      'src/sum.js',
      'src/<b>"x',
    );
    await seedRun(store, 'run-a', { diff });
    const html = await page('/runs/run-a');

    expect(html).toContain('class="file"');
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(foreignMarkup(html)).toEqual([]);
  });

  test('the check itself sees markup that is not ours', () => {
    const markup = [
      '<script>',
      '<a href="javascript:x">',
      '<a onclick="x">',
      '<img src=x>',
      '<a href="//x">',
    ];

    expect(markup.flatMap((text) => foreignMarkup(text))).toHaveLength(markup.length);
  });
});

test('a name that is not this server’s is not answered, however it resolves', async () => {
  const status = async (url: string) => (await app.request(url)).status;
  expect(await status('http://evil.example:8001/')).toBe(421);
  expect(await status('http://127.0.0.1:8001/')).toBe(200);
  expect(await status('https://ptc.example/')).toBe(200);
});
