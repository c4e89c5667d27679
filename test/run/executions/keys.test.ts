import { expect, test } from 'vitest';
import { cacheKeyOf, fingerprintOf } from '../../../src/run/executions/keys.ts';
import { planBody, samplePlan } from '../../helpers/execution-plan.ts';

const keyOf = (change: Readonly<Record<string, unknown>> = {}, base: string | null = null): string =>
  cacheKeyOf(samplePlan(change), base);

test('the key of the cache counts the work, and neither who asks, nor when, nor how it is cached', () => {
  const key = keyOf();

  expect(key).toMatch(/^[0-9a-f]{64}$/);
  for (const change of [
    { execution_id: 'another' },
    { created_at: '2026-02-01T00:00:00' },
    { cache_strategy: 'always' },
    { cache_ttl: null },
    { metadata: { note: 'of no account', callback_url: 'https://roma.example' } },
  ]) {
    expect(keyOf(change)).toBe(key);
  }
});

test('every other field makes another key', () => {
  const { scaffolding } = planBody();
  const keys = [
    {},
    { primary_llm: 'kimi' },
    { fallback_llm: null },
    { max_iterations: 4 },
    { timeout_seconds: 301 },
    { enable_testing: false },
    { project_name: null },
    { roma_task_id: null },
    { metadata: { plan: { subtasks: [{ goal: 'a', task_type: 'WRITE' }] } } },
    ...Object.keys(scaffolding).map((field) => ({
      scaffolding: { ...scaffolding, [field]: changed(field) },
    })),
  ].map((change) => keyOf(change));

  expect(new Set(keys).size).toBe(keys.length);
});

const changed = (field: string): unknown =>
  ({ task_description: 'x', requirements: [], dependencies: [], architecture: null })[field] ?? null;

test('the order in which fields are written is no difference, that of a list is one', () => {
  const ordered = (scaffolding: object): string => keyOf({ scaffolding });
  const key = ordered({ task_description: 'x', architecture: { a: 1, b: { c: 2, d: 3 } } });

  expect(ordered({ architecture: { b: { d: 3, c: 2 }, a: 1 }, task_description: 'x' })).toBe(key);
  expect(ordered({ task_description: 'x', requirements: ['a', 'b'] })).not.toBe(
    ordered({ task_description: 'x', requirements: ['b', 'a'] }),
  );
});

test('work on a repository is other work on each base', () => {
  const metadata = { repository: 'octo/sample' };
  const keys = [
    keyOf({ metadata }, 'a'),
    keyOf({ metadata }, 'b'),
    // Its branch is gone just now.
    keyOf({ metadata }, null),
    keyOf({ metadata: {} }),
  ];

  expect(new Set(keys).size).toBe(4);
});

test('two requests are the same but for the time they were made at', () => {
  const plan = { execution_id: 'exec-1' };
  const print = fingerprintOf(samplePlan(plan));

  expect(fingerprintOf(samplePlan({ ...plan, created_at: '2026-02-01T00:00:00' }))).toBe(print);
  expect(fingerprintOf(samplePlan({ ...plan, cache_ttl: 1 }))).not.toBe(print);
  expect(fingerprintOf(samplePlan({ ...plan, metadata: { note: 1 } }))).not.toBe(print);
});

test('a key of whatever name counts', () => {
  const named = (name: string): string =>
    keyOf({ scaffolding: { task_description: 'x', architecture: { a: JSON.parse(`{"${name}":1}`) } } });
  const keys = ['__proto__', 'constructor', 'toString', '1', 'a'].map(named);

  expect(new Set([...keys, named('__proto__":2,"b')]).size).toBe(keys.length + 1);
  expect(named('__proto__')).not.toBe(
    keyOf({ scaffolding: { task_description: 'x', architecture: { a: {} } } }),
  );
});
