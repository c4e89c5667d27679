import { type Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createApi } from '../../src/api/app.ts';
import { type Plan } from '../../src/domain/plan.ts';
import { type RunStore } from '../../src/run/ports.ts';
import { memoryRunStore } from '../helpers/memory-run-store.ts';
import { settingsOf } from './api-bed.ts';
import { foreignMarkup, PAYLOADS, words } from './markup.ts';
import { planEvents, planOfSix, planResult, seedPlanRun, type Step, STEPS_OF_SIX } from './plan-seed.ts';
import { DIFF, seedRun } from './seed.ts';

let store: RunStore;
let app: Hono;

beforeEach(() => {
  store = memoryRunStore();
  app = createApi(settingsOf({ store, publicUrl: 'https://ptc.example' }));
});

afterEach(() => void vi.useRealTimers());

const page = async (path: string): Promise<string> => (await app.request(path)).text();

const seedSix = (id = 'run-a', steps = STEPS_OF_SIX): Promise<void> =>
  seedPlanRun(store, id, planEvents(planOfSix(), steps), planResult(id, planOfSix()));

/** The drawing alone. */
const drawing = (html: string): string =>
  /<svg\s+class="schedule"\s+width="100%".*?<\/svg>\s*<ul/s.exec(html)?.[0] ?? '';

const section = (html: string, id: string): string =>
  new RegExp(`<section id="${id}">.*?</section>`, 's').exec(html)?.[0] ?? '';

describe('the plan of a run', () => {
  test('is drawn as a row for each subtask in graph order, by layers, on an axis of time', async () => {
    await seedSix();
    const text = words(drawing(await page('/runs/run-a')));
    const told = [
      '0 15 s',
      '1:15 min',
      'Layer 1: waits for nothing',
      '0 Read an amount',
      '1 Print an amount',
      '2 Take the units',
      'Layer 2',
      '3 after 0, 1: Use the parser',
      '4 after 0, 1, 2: Explain',
      '5 after 2: Refuse',
    ];
    for (const part of told) expect(text).toContain(part);
  });

  test('says of each bar whose it is and when it was begun and ended', async () => {
    await seedSix();
    const titles = [...drawing(await page('/runs/run-a')).matchAll(/<title>(.*?)<\/title>/gs)].map(
      ([, title]) => title,
    );

    expect(titles).toEqual([
      '0: Read an amount with its unit from a text – begun 10:00:10, done 10:00:42 UTC, at work for 32 s',
      '1: Print an amount with the unit that fits it best – begun 10:00:10, begun again 10:00:42, done 10:01:03 UTC, at work for 41 s',
      '2: Take the units from a table that can be extended – begun 10:00:11, failed 10:01:11 UTC, at work for 1 min 00 s',
      '3: Use the parser on the command line – begun 10:01:04, done 10:01:35 UTC, at work for 16 s',
      '4: Explain the units in the README – skipped 10:01:11 UTC',
      '5: Refuse an amount that is too large to be exact – skipped 10:01:11 UTC',
    ]);
  });

  test('has bars and marks of another shape for each end, and a legend of those it has', async () => {
    await seedSix();
    const html = section(await page('/runs/run-a'), 'plan');
    const bars = [...drawing(html).matchAll(/class="bar (\w+)"/g)].map(([, kind]) => kind);
    const marks = [...drawing(html).matchAll(/class="mark (\w+)"/g)].map(([, kind]) => kind);

    expect(bars).toEqual(['done', 'undone', 'done', 'failed', 'done', 'held']);
    expect(marks).toEqual(['done', 'redo', 'done', 'failed', 'done', 'skipped', 'skipped']);
    expect(words(html)).toContain('did not merge');
    expect(words(html)).not.toContain('at work The same');
    expect(/<ul class="legend">.*?<\/ul>/s.exec(html)?.[0]).not.toContain('cut off');
  });

  test('is a table too', async () => {
    await seedSix();
    const text = words(section(await page('/runs/run-a'), 'plan'));

    expect(text).toContain(
      '1 Print an amount with the unit that fits it best CODE_INTERPRET 1 – 10:00:10 10:00:42 again 41 s done 10:01:03 It prints them.',
    );
    expect(text).toContain(
      'CODE_INTERPRET 2 0, 1, 2 – skipped 10:01:11 It waits for subtask 2, which was not done.',
    );
  });

  test('shows what a review of the whole says', async () => {
    await seedSix();

    expect(words(await page('/runs/run-a'))).toContain(
      'It does not do the task yet, says a model that saw the whole The README still speaks of the old units.',
    );
  });

  test('shows what a failed subtask had changed, and serves it as a patch', async () => {
    await seedSix();
    const html = section(await page('/runs/run-a'), 'plan');

    expect(words(html)).toContain('Subtask 2 : The checks still fail after 3 attempts.');
    expect(words(html)).toContain('src/units.js');
    expect(words(html)).toContain('curl -s https://ptc.example/runs/run-a/subtasks/2/patch | git apply');
    const patch = await app.request('/runs/run-a/subtasks/2/patch');
    expect(patch.headers.get('content-type')).toBe('text/x-diff; charset=utf-8');
    expect(await patch.text()).toBe(DIFF.replaceAll('sum', 'units'));
    for (const other of ['0', '7', 'x', '-1']) {
      expect((await app.request(`/runs/run-a/subtasks/${other}/patch`)).status).toBe(404);
    }
  });

  test('goes on until now while the run does', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-25T10:01:50Z') });
    const steps: readonly Step[] = [...STEPS_OF_SIX.slice(0, 9), [66, 3, 'worked']];
    await seedPlanRun(store, 'run-a', planEvents(planOfSix(), steps), null);
    const html = drawing(await page('/runs/run-a'));

    expect(html).toContain('begun 10:00:11, at work, at work for 1 min 39 s</title>');
    expect(html).toContain('begun 10:01:04, worked out, at work for 2.0 s</title>');
    expect([...html.matchAll(/class="bar (\w+)"/g)].map(([, kind]) => kind)).toEqual([
      'done',
      'undone',
      'done',
      'live',
      'worked',
      'held',
    ]);
    expect(html).toMatch(/class="bar live"\s+x="0\.95%"\s+y="\d+"\s+width="94\.05%"/);
  });

  test('of a run that ended before its subtasks says that they were cut off', async () => {
    await seedSix('run-a', STEPS_OF_SIX.slice(0, 3));

    expect(words(section(await page('/runs/run-a'), 'plan'))).toContain(
      'cut off by the end of its workspace',
    );
  });

  test('is drawn over several workspaces: what was worked out is not drawn again', async () => {
    const first = planEvents(planOfSix(), [
      [10, 0, 'started'],
      [10, 1, 'started'],
      [20, 0, 'worked'],
    ]);
    const second = planEvents(planOfSix(), [
      [50, 0, 'started', 'It was worked out before.'],
      [50, 1, 'started'],
      [51, 0, 'done'],
      [70, 1, 'worked'],
      [70, 1, 'done'],
    ]).map((event, place) => ({ ...event, seq: first.length + place + 1 }));
    await seedPlanRun(store, 'run-a', [...first, ...second], planResult('run-a', planOfSix()));
    const bars = [...drawing(await page('/runs/run-a')).matchAll(/class="bar (\w+)"/g)].map(
      ([, kind]) => kind,
    );

    expect(bars).toEqual(['done', 'held', 'stopped', 'done']);
  });

  test('of one subtask and of fifty is a page of a size that can be read', async () => {
    const goals = (count: number) =>
      Array.from({ length: count }, (_, index) => ({
        goal: `Goal ${index}. `.repeat(900),
        task_type: 'WRITE' as const,
      }));
    const one: Plan = { subtasks: goals(1), after: [[]] };
    const fifty: Plan = {
      subtasks: goals(50),
      // Each waits for all before it: only one of those edges says something new.
      after: Array.from({ length: 50 }, (_, index) =>
        Array.from({ length: index }, (__, earlier) => earlier),
      ),
    };
    const steps = fifty.subtasks.flatMap((_, index): Step[] => [
      [10 + index, index, 'started'],
      [11 + index, index, 'done'],
    ]);
    await seedPlanRun(store, 'run-one', planEvents(one, steps.slice(0, 2)), null);
    await store.finish('run-one', { status: 'succeeded', problem: null, publication: null });
    await seedPlanRun(store, 'run-fifty', planEvents(fifty, steps), planResult('run-fifty', fifty));
    const html = drawing(await page('/runs/run-fifty'));

    expect(drawing(await page('/runs/run-one')).match(/class="bar done"/g)).toHaveLength(1);
    expect(html.match(/class="bar done"/g)).toHaveLength(50);
    expect(html.match(/class="tip"/g)).toHaveLength(49);
    expect(html.length).toBeLessThan(100_000);
  });

  test('is left out where there is none', async () => {
    await seedRun(store, 'run-a');

    expect(await page('/runs/run-a')).not.toContain('id="plan"');
  });

  test.each([
    ['waits for itself', [[0], [], [], [], [], []]],
    ['goes round', [[1], [0], [], [], [], []]],
    ['points nowhere', [[99], [], [], [], [], []]],
    ['has edges of subtasks there are not', [[], [], [], [], [], [], [0]]],
  ])('that %s is not drawn, and the page stands', async (_case, after) => {
    const plan = { ...planOfSix(), after };
    await seedPlanRun(store, 'run-a', planEvents(plan, STEPS_OF_SIX), planResult('run-a', plan));
    const response = await app.request('/runs/run-a');

    expect(response.status).toBe(200);
    expect(await response.text()).not.toContain('class="schedule"');
  });

  test('stands whatever the workspace says of times and subtasks', async () => {
    const plan = { subtasks: planOfSix().subtasks, after: [] };
    const events = planEvents(plan, [
      [10, 99, 'started'],
      [10, 99, 'worked'],
      [9, 0, 'done'],
      [8, 0, 'redo'],
      [1e9, 0, 'redo'],
      [-1e9, 0, 'failed'],
      [5, 1, 'worked'],
      [4, 1, 'skipped'],
      [3, 1, 'started'],
    ]);
    await seedPlanRun(store, 'run-a', events, planResult('run-a', plan));
    const response = await app.request('/runs/run-a?subtask=99');
    const html = await response.text();

    expect(response.status).toBe(200);
    expect(html).not.toMatch(/NaN|Infinity|(?:width|x)="-/);
    expect(foreignMarkup(html)).toEqual([]);
  });

  test.each(PAYLOADS)('shows its texts as texts: %j', async (payload) => {
    for (const [index, taint] of [(text: string) => `${text}${payload}`, () => payload].entries()) {
      const id = `run-${index}`;
      const plan = planOfSix(taint);
      const events = planEvents(plan, STEPS_OF_SIX, taint);
      await seedPlanRun(store, id, events, planResult(id, plan, taint), taint);
      const html = await page(`/runs/${id}?subtask=2`);

      expect(html).toContain('class="schedule"');
      expect(foreignMarkup(html)).toEqual([]);
      expect(foreignMarkup(await page(`/runs/${id}`))).toEqual([]);
    }
  });
});

describe('the timeline of a plan', () => {
  test('says which subtask an entry belongs to', async () => {
    await seedSix();
    const html = section(await page('/runs/run-a'), 'timeline');

    expect(words(html)).toContain('subtask 2 note of 2');
    expect(html).toContain('href="/runs/run-a?subtask=2#timeline"');
  });

  test('has the entries of one subtask where that is asked for', async () => {
    await seedSix();
    const text = words(section(await page('/runs/run-a?subtask=2'), 'timeline'));

    expect(text).toContain('Subtask 2: Take the units from a table that can be extended');
    expect(text).toContain('note of 2');
    expect(text).toContain('failed The checks still fail after 3 attempts.');
    expect(text).not.toContain('note of 1');
    expect(text).not.toContain('Workspace ready');
  });

  test.each(['x', '-1', '1e3', ''])('takes subtask=%s for all', async (asked) => {
    await seedSix();

    expect(words(await page(`/runs/run-a?subtask=${asked}`))).toContain('Workspace ready');
  });
});
