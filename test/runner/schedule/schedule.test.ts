import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PtcError } from '../../../src/domain/errors.ts';
import { graphOrder } from '../../../src/domain/plan.ts';
import { runSchedule, type Schedule, type ScheduleEnd } from '../../../src/runner/schedule/schedule.ts';

/** Work on texts in place of commits: `base+0+2` is a commit with the changes of 0 and 2. */
interface Choice extends Partial<Pick<Schedule, 'apart' | 'parallel' | 'signal'>> {
  readonly after: Schedule['after'];
  /** How many ticks a subtask takes. */
  readonly ticks?: readonly number[];
  readonly fails?: ReadonlySet<number>;
  readonly conflicts?: ReadonlySet<number>;
}

interface Told extends ScheduleEnd {
  readonly begun: readonly string[];
  readonly mostAtOnce: number;
}

async function run({ after, ticks = [], fails, conflicts, ...choice }: Choice): Promise<Told> {
  const begun: string[] = [];
  let atOnce = 0;
  let mostAtOnce = 0;
  const end = await runSchedule({
    after,
    apart: after.map(() => []),
    parallel: 4,
    base: 'base',
    signal: new AbortController().signal,
    async work(index, onTop, redo) {
      begun.push(`${index} on ${onTop}${redo ? ' again' : ''}`);
      atOnce += 1;
      mostAtOnce = Math.max(mostAtOnce, atOnce);
      for (let tick = 0; tick < (ticks[index] ?? 1); tick += 1) await Promise.resolve();
      atOnce -= 1;
      if (fails?.has(index) === true)
        throw new PtcError({ code: 'broken', message: `${index}`, remedy: '', retryable: false });
      return { commit: `${onTop}+${index}`, output: `said ${index}` };
    },
    merge: async (index, onTop, commit) => {
      await Promise.resolve();
      return conflicts?.has(index) === true ? null : `${onTop}${commit.slice(commit.lastIndexOf('+'))}`;
    },
    ended: () => {},
    ...choice,
  });
  return { ...end, begun, mostAtOnce };
}

test('independent subtasks run side by side, and each change is put in by the graph’s order', async () => {
  const told = await run({ after: [[], [], [], []], ticks: [9, 1, 5, 2] });
  expect(told.begun).toEqual(['0 on base', '1 on base', '2 on base', '3 on base']);
  expect(told.mostAtOnce).toBe(4);
  expect(told.head).toBe('base+0+1+2+3');
});

test('no more than allowed are at work at once', async () => {
  const told = await run({ after: [[], [], [], [], []], parallel: 2, ticks: [3, 3, 3, 3, 3] });
  expect(told.mostAtOnce).toBe(2);
  expect(told.head).toBe('base+0+1+2+3+4');
});

test('one that waits starts from the commit at which the last one it waits for was put in', async () => {
  const told = await run({ after: [[], [], [0]], ticks: [1, 20, 1] });
  expect(told.begun).toEqual(['0 on base', '1 on base', '2 on base+0']);
  expect(told.head).toBe('base+0+1+2');
});

test('a failed subtask stops those that wait for it, and nobody else', async () => {
  const told = await run({ after: [[], [0], [1], []], fails: new Set([0]) });
  expect(told.ends).toMatchObject([
    { state: 'failed', problem: { code: 'broken' } },
    { state: 'skipped', becauseOf: 0 },
    { state: 'skipped', becauseOf: 1 },
    { state: 'done', output: 'said 3' },
  ]);
  expect(told.begun).toEqual(['0 on base', '3 on base']);
  expect(told.head).toBe('base+3');
});

test('one kept apart from a failed one is done all the same', async () => {
  const told = await run({ after: [[], []], apart: [[], [0]], fails: new Set([0]) });
  expect(told.begun).toEqual(['0 on base', '1 on base']);
  expect(told.head).toBe('base+1');
});

test('what does not merge is done again on top of what is there', async () => {
  const told = await run({ after: [[], []], conflicts: new Set([1]) });
  expect(told.begun).toEqual(['0 on base', '1 on base', '1 on base+0 again']);
  expect(told.head).toBe('base+0+1');
  expect(told.ends.map(({ state }) => state)).toEqual(['done', 'done']);
});

test('an abort ends it with its reason once what runs has ended', async () => {
  const stop = new AbortController();
  const started: number[] = [];
  let ended = 0;
  const running = runSchedule({
    after: [[], [], [0]],
    apart: [[], [], []],
    parallel: 2,
    base: 'base',
    signal: stop.signal,
    async work(index) {
      started.push(index);
      if (started.length === 2) stop.abort(new Error('enough'));
      for (let tick = 0; tick < 10; tick += 1) await Promise.resolve();
      ended += 1;
      throw new Error('stopped half way');
    },
    merge: () => Promise.resolve(null),
    ended: () => {},
  });
  await expect(running).rejects.toThrow('enough');
  expect(started).toEqual([0, 1]);
  expect(ended).toBe(2);
});

const graphs = fc.integer({ min: 1, max: 9 }).chain((count) =>
  fc.record({
    after: fc.tuple(
      ...Array.from({ length: count }, (_, index) =>
        index === 0
          ? fc.constant<number[]>([])
          : fc.uniqueArray(fc.integer({ min: 0, max: index - 1 }), { maxLength: 3 }),
      ),
    ),
    ticks: fc.tuple(
      fc.array(fc.integer({ min: 0, max: 30 }), { minLength: count, maxLength: count }),
      fc.array(fc.integer({ min: 0, max: 30 }), { minLength: count, maxLength: count }),
    ),
    parallel: fc.integer({ min: 1, max: 5 }),
    fails: fc.uniqueArray(fc.integer({ min: 0, max: count - 1 }), { maxLength: 2 }),
    conflicts: fc.uniqueArray(fc.integer({ min: 0, max: count - 1 }), { maxLength: 2 }),
  }),
);

test('whoever is faster, the same is begun from the same and comes out', async () => {
  await fc.assert(
    fc.asyncProperty(graphs, async ({ after, ticks, parallel, ...sets }) => {
      const fails = new Set(sets.fails);
      const conflicts = new Set(sets.conflicts);
      const [one, other] = await Promise.all([
        run({ after, fails, conflicts, parallel, ticks: ticks[0] }),
        run({ after, fails, conflicts, parallel: 5, ticks: ticks[1] }),
      ]);
      expect(one.head).toBe(other.head);
      expect(one.ends).toEqual(other.ends);
      expect([...one.begun].sort()).toEqual([...other.begun].sort());
      expect(one.mostAtOnce).toBeLessThanOrEqual(parallel + 1);
      const done = graphOrder({ after }).filter((index) => one.ends[index]?.state === 'done');
      expect(one.head).toBe(['base', ...done].join('+'));
    }),
    { seed: 20_261_125, numRuns: 300 },
  );
});
