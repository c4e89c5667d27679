import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../src/github/parse-settings.ts';

const faults = (text: string): string => {
  const parsed = parseSettings(text);
  return 'code' in parsed ? parsed.message : '';
};

test('good settings are read, an empty file is none', () => {
  expect(parseSettings('test: npm test\nbudget: 2.5\nsetup: [npm ci]\n')).toEqual({
    test: 'npm test',
    budget: 2.5,
    setup: ['npm ci'],
  });
  expect(parseSettings('')).toEqual({});
});

describe('faults are named with their line', () => {
  test('wrong types and unknown keys, all at once', () => {
    const message = faults('# ours\ntest: 5\nbuget: 3\nmodels:\n  - anthropic:claude\n  - gpt\n');
    expect(message).toMatch(/line 2: test: /);
    expect(message).toMatch(/line 3: unknown key “buget”/);
    expect(message).toMatch(/line 6: models\.1: /);
  });
  test('broken YAML', () => {
    expect(faults('test: "npm\nlint: x')).toMatch(/line \d+: /);
  });
  test('a list in place of the file', () => {
    expect(faults('- a')).toMatch(/file: /);
  });
});

test('an alias bomb is bad input, not a crash', () => {
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
  for (const [name, of] of ['ba', 'cb', 'dc', 'ed', 'fe'])
    bomb.push(`${name}: &${name} [*${of},*${of},*${of},*${of},*${of},*${of},*${of},*${of},*${of}]`);
  expect(faults(bomb.join('\n'))).not.toBe('');
});
