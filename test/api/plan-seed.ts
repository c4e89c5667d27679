import { type Plan } from '../../src/domain/plan.ts';
import { type RunnerEvent } from '../../src/protocol/runner-event.ts';
import { type RunnerResult } from '../../src/protocol/runner-result.ts';
import { PROTOCOL_VERSION } from '../../src/protocol/version.ts';
import { type RunStore } from '../../src/run/ports.ts';
import { DIFF, makeResult, makeRun, type Taint } from './seed.ts';

export const START_MS = Date.parse('2026-11-25T10:00:00Z');

type StateEvent = Extract<RunnerEvent, { type: 'subtask.state' }>;

/** Second, subtask, state or `worked`, and detail. */
export type Step = readonly [number, number, StateEvent['state'] | 'worked', string?];

const GOALS = [
  'Read an amount with its unit from a text\nand say what is wrong with it.',
  'Print an amount with the unit that fits it best',
  'Take the units from a table that can be extended',
  'Use the parser on the command line',
  'Explain the units in the README',
  'Refuse an amount that is too large to be exact',
];

export const planOfSix = (taint: Taint = (text) => text): Plan => ({
  subtasks: GOALS.map((goal) => ({ goal: taint(goal), task_type: 'CODE_INTERPRET' })),
  after: [[], [], [], [0, 1], [0, 1, 2], [2]],
});

/** One of each end: done, done after a redo, failed, and skipped for that. */
export const STEPS_OF_SIX: readonly Step[] = [
  [10, 0, 'started'],
  [10, 1, 'started'],
  [11, 2, 'started'],
  [30, 1, 'worked'],
  [42, 0, 'worked'],
  [42, 0, 'done', 'It reads them.'],
  [42, 1, 'redo', 'It did not merge with what was there by then.'],
  [63, 1, 'done', 'It prints them.'],
  [64, 3, 'started'],
  [71, 2, 'failed', 'The checks still fail after 3 attempts.'],
  [71, 5, 'skipped', 'It waits for subtask 2, which was not done.'],
  [71, 4, 'skipped', 'It waits for subtask 2, which was not done.'],
  [80, 3, 'worked'],
  [95, 3, 'done', 'It is used.'],
];

const at = (seconds: number): string => new Date(START_MS + seconds * 1000).toISOString();

/** Events of a plan's run: each subtask that starts says a note of its own. */
export function planEvents(plan: Plan, steps: readonly Step[], taint: Taint = (text) => text): RunnerEvent[] {
  const bodies = [
    { at: at(1), type: 'runner.started', protocolVersion: PROTOCOL_VERSION, isolation: 'bubblewrap' },
    { at: at(2), type: 'phase', phase: 'planning' },
    { at: at(8), type: 'plan', plan, source: 'planner' },
    { at: at(9), type: 'phase', phase: 'working' },
    ...steps.flatMap(([second, subtask, state, detail = '']) => [
      state === 'worked'
        ? ({ at: at(second), type: 'subtask.worked', subtask, redo: false, output: '', change: '' } as const)
        : ({ at: at(second), type: 'subtask.state', subtask, state, detail: taint(detail) } as const),
      ...(state === 'started'
        ? [{ at: at(second), type: 'note', subtask, text: taint(`note of ${subtask}`) } as const]
        : []),
    ]),
  ] as const;
  return bodies.map((body, index) => ({ seq: index + 1, ...body }));
}

export const planResult = (runId: string, plan: Plan, taint: Taint = (text) => text): RunnerResult => ({
  ...makeResult(runId, taint),
  plan,
  verification: { verdict: false, feedback: taint('The README still speaks of the old units.') },
  subtasks: [
    { index: 0, state: 'done', output: taint('It reads them.'), problem: null, diff: '' },
    { index: 1, state: 'done', output: taint('It prints them.'), problem: null, diff: '' },
    {
      index: 2,
      state: 'failed',
      output: taint('The checks still fail after 3 attempts.'),
      problem: { code: 'checks-red', message: taint('red'), remedy: taint('look'), retryable: false },
      diff: taint(DIFF).replaceAll('sum', 'units'),
    },
    { index: 3, state: 'done', output: taint('It is used.'), problem: null, diff: '' },
    { index: 4, state: 'skipped', output: taint('It waits for subtask 2.'), problem: null, diff: '' },
    { index: 5, state: 'skipped', output: taint('It waits for subtask 2.'), problem: null, diff: '' },
  ],
});

/** A run whose plan is worked by; finished when there is a result. */
export async function seedPlanRun(
  store: RunStore,
  id: string,
  events: readonly RunnerEvent[],
  result: RunnerResult | null,
  taint?: Taint,
): Promise<void> {
  await store.create(makeRun(id, taint));
  await store.enterPhase(id, 'running');
  await store.appendEvents(
    id,
    events.map((event) => ({ event, position: { seq: event.seq, offset: event.seq * 100 } })),
  );
  if (result === null) return;
  await store.saveResult(id, result);
  await store.finish(id, { status: 'unproven', problem: null, publication: null });
}
