import { describe, expect, test } from 'vitest';
import { createNormaliser } from '../../../src/cli/replay/normalise.ts';

const one = createNormaliser('run-1.a');
const other = createNormaliser('replay-9');

describe('what differs from run to run without meaning anything', () => {
  test.each([
    [
      'the marks around quoted text',
      '<data-0123456789abcdef from="a">x</data-0123456789abcdef>',
      '<data-fedcba9876543210 from="a">x</data-fedcba9876543210>',
    ],
    [
      'folders of the workspace',
      "at /srv/a b/run-1.a/trees/work/x.js:3 (file:///srv/run-1.a/trees) '/run-1.a'",
      "at /srv/a b/replay-9/trees/work/x.js:3 (file:///srv/replay-9/trees) '/replay-9'",
    ],
  ])('%s: in every text', (_name, then, now) => {
    expect(one.exact(then)).toBe(other.exact(now));
  });

  test.each([
    ['times', 'ok (1.25ms) in 3 s, took 0.5 seconds', 'ok (12ms) in 41 s, took 1 seconds'],
    ['a TAP report’s times', 'duration_ms: 1.5\n# duration_ms 20', 'duration_ms: 2\n# duration_ms 3.25'],
    ['moments', 'at 2026-01-02T03:04:05.678Z, 03:04:05', 'at 2027-11-12T13:14:15.1Z, 13:14:15'],
    ['colours and temporary files', '\u001b[31mred\u001b[0m /tmp/a-x1y2z3/b', 'red /tmp/a-q9w8e7/b'],
    ['ports', 'http://127.0.0.1:4711/x', 'http://127.0.0.1:815/x'],
  ])('%s: in what commands print, and nowhere else', (_name, then, now) => {
    expect(one.loose(then)).toBe(other.loose(now));
    expect(one.exact(then)).not.toBe(other.exact(now));
  });

  test('but nothing of what stands there besides', () => {
    expect(one.loose('3 passed, 1 failed')).not.toBe(other.loose('3 passed, 2 failed'));
    expect(one.exact('run-1xa')).toBe('run-1xa');
  });
});
