import { describe, expect, test } from 'vitest';
import { progressComment } from '../../src/domain/report/comment-text.ts';
import { pullRequestBody } from '../../src/domain/report/pull-request-text.ts';
import { spendingOf } from '../../src/domain/spending.ts';
import { sampleRun } from '../store/samples.ts';

const paid = (model: string, change: object = {}) => ({
  model,
  costUsd: 0.1,
  inputTokens: 1200,
  outputTokens: 34,
  fellOver: false,
  escalated: false,
  ...change,
});
const ONE = spendingOf([paid('anthropic:claude'), paid('anthropic:claude')]);
const SEVERAL = spendingOf([
  paid('anthropic:claude'),
  paid('openai:a|b', { fellOver: true }),
  paid('kimi:k2', { fellOver: true, escalated: true }),
]);

const texts = (spending: typeof ONE) => ({
  'pull request': pullRequestBody({
    run: sampleRun(),
    summary: { title: 'Fix', body: 'Fixed.' },
    proof: null,
    spending,
    runUrl: null,
    template: null,
    warning: null,
    subtasks: [],
    objection: null,
  }),
  comment: progressComment({
    run: sampleRun(),
    phase: 'reporting',
    steps: [],
    warnings: [],
    spending,
    runUrl: null,
    outcome: { status: 'unproven', problem: null, publication: null },
    proofLine: null,
  }),
});

test('the bill is split by model in the order they were first paid', () => {
  expect(SEVERAL).toMatchObject({ requests: 3, inputTokens: 3600, outputTokens: 102 });
  expect(SEVERAL.costUsd).toBeCloseTo(0.3, 10);
  expect(SEVERAL.models.map(({ name, requests }) => [name, requests])).toEqual([
    ['anthropic:claude', 1],
    ['openai:a|b', 1],
    ['kimi:k2', 1],
  ]);
});

describe.each(['pull request', 'comment'] as const)('the %s', (where) => {
  test('says in one line what one model has cost', () => {
    const text = texts(ONE)[where];
    expect(text).toContain('anthropic:claude · $0.20, 2 model requests');
    expect(text).not.toContain('| model |');
    expect(text).not.toMatch(/fall-over|escalation/);
  });

  test('has a table of several models, and says how often another one was asked', () => {
    const text = texts(SEVERAL)[where];
    expect(text).toContain('$0.30, 3 model requests, 2 fall-overs, 1 escalation');
    expect(text).toContain(
      [
        '| model | requests | tokens in | tokens out | cost |',
        '| --- | --: | --: | --: | --: |',
        '| `anthropic:claude` | 1 | 1,200 | 34 | $0.10 |',
        '| `openai:a\\|b` | 1 | 1,200 | 34 | $0.10 |',
        '| `kimi:k2` | 1 | 1,200 | 34 | $0.10 |',
      ].join('\n'),
    );
  });

  test('says so when no model was asked', () => {
    expect(texts(spendingOf([]))[where]).toContain('no model · $0.00, 0 model requests');
  });
});
