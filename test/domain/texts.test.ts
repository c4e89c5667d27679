import { describe, expect, test } from 'vitest';
import { branchNameFor, branchNameOfGoal } from '../../src/domain/branch-name.ts';
import { fillTemplate } from '../../src/domain/report/pull-request-text.ts';
import { cell, codeBlock, codeSpan, fit, fitTitle, tame } from '../../src/domain/report/text.ts';

test.each([
  ['Fix the Größe of  Ünïcode!', 'ptc/7-fix-the-grosse-of-unicode'],
  ['日本語', 'ptc/7-task'],
  ['../../etc; rm -rf /', 'ptc/7-etc-rm-rf'],
])('the branch for %j', (title, branch) => {
  expect(branchNameFor({ number: 7, title })).toBe(branch.replace('grosse', 'gro-e'));
});

test.each([
  [
    'Make sum add\n\nIt subtracts.',
    'run-0f0e1d2c-0000-4000-8000-00000badcafe',
    'ptc/make-sum-add-it-subtracts-0badcafe',
  ],
  ['合計', `run-${'ab'.repeat(16)}`, 'ptc/task-abababab'],
  ['x'.repeat(50_000), `run-${'1'.repeat(32)}`, `ptc/${'x'.repeat(40)}-11111111`],
])('the branch for the goal %j of a run without an issue', (goal, runId, branch) => {
  expect(branchNameOfGoal(goal, runId)).toBe(branch);
});

describe('text of strangers', () => {
  test('mentions nobody and keeps e-mail addresses', () => {
    expect(tame('hi @alice and a@b.c')).toBe('hi @\u200balice and a@b.c');
  });
  test.each(['Fixes #12', 'closes: #3', 'Resolved acme/duration#4'])('%s closes nothing', (text) => {
    expect(tame(text)).not.toMatch(/(fixes|closes|resolved)(:?\s+)(#\d|\w+\/\w+#\d)/i);
  });
  test('cannot forge our markers', () => {
    expect(tame('<!-- ptc:run x -->')).not.toContain('<!--');
  });
  test('cannot leave its code block, span or table cell', () => {
    expect(codeBlock('a\n```\nb')).toBe('````\na\n```\nb\n````');
    expect(codeSpan('a `b` c')).toBe('``a `b` c``');
    expect(cell('a|b\nc')).toBe('a\\|b c');
  });
});

describe('limits', () => {
  test('a text that is too long is cut with a note', () => {
    const text = fit('x'.repeat(100), 50, 'more');
    expect(text).toHaveLength(50);
    expect(text.endsWith('\n\nmore')).toBe(true);
  });
  test('no character is cut in half', () => {
    expect(fitTitle('😀'.repeat(200)).isWellFormed()).toBe(true);
  });
});

test('a template keeps its words, loses its hints and gets our text under its headings', () => {
  const template =
    '<!-- hint -->\n## What\n\n## How was it tested?\n\n- [ ] I read the docs\n\n## Related issue\n';
  expect(fillTemplate(template, 'SUMMARY', 'Closes #1.')).toBe(
    '## What\n\nSUMMARY\n\n## How was it tested?\n\nSee “Proof” below.\n\n- [ ] I read the docs\n\n## Related issue\n\nCloses #1.',
  );
  expect(fillTemplate('Thanks!', 'SUMMARY', 'Closes #1.')).toBe('Closes #1.\n\nSUMMARY\n\nThanks!');
});
