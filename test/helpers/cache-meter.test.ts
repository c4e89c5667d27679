import { describe, expect, test } from 'vitest';
import { uncachedResentShare } from './cache-meter.ts';

const MARK = { cache_control: { type: 'ephemeral' } };
const text = (said: string, mark: object = {}) => ({ type: 'text', text: said, ...mark });
const system = [text('You fix bugs.'.repeat(10), MARK)];
const user = (...content: object[]) => ({ role: 'user', content });
const assistant = (said: string) => ({ role: 'assistant', content: [text(said)] });
const request = (messages: object[], change: object = {}) => ({ model: 'm', system, messages, ...change });

describe('a cache with breakpoints', () => {
  test('covers all that was sent before when the breakpoint of the last request is marked again', () => {
    const first = request([user(text('a', MARK))]);
    const second = request([user(text('a', MARK)), assistant('b'), user(text('c', MARK))]);
    expect(uncachedResentShare([first, second])).toBe(0);
  });

  test('covers nothing without marks', () => {
    const plain = { system: 'You fix bugs.' };
    const first = request([user(text('a'))], plain);
    const second = request([user(text('a')), assistant('b'), user(text('c'))], plain);
    expect(uncachedResentShare([first, second])).toBe(1);
  });

  test.each([
    [18, 0],
    [25, 0.1],
  ])('looks back over 20 blocks and no further: a turn of %i blocks', (blocks, atLeast) => {
    const turn = Array.from({ length: blocks }, (_none, index) => text(`result ${index}`));
    const first = request([user(text('a'.repeat(200), MARK))]);
    const second = request([
      user(text('a'.repeat(200))),
      assistant('b'),
      user(...turn.slice(1), text('end', MARK)),
    ]);
    const share = uncachedResentShare([first, second]);
    expect(share).toBeGreaterThanOrEqual(atLeast);
    expect(share === 0).toBe(atLeast === 0);
  });

  test.each([
    ['a system prompt that changes', { system: [text('It is 12:01.', MARK)] }],
    ['another model', { model: 'other' }],
    ['tools that change', { tools: [{ name: 'new', input_schema: {} }] }],
  ])('misses behind %s', (_what, change) => {
    const first = request([user(text('a', MARK))]);
    const second = request([user(text('a', MARK)), assistant('b'), user(text('c', MARK))], change);
    expect(uncachedResentShare([first, second])).toBeGreaterThan(0);
  });

  test('refuses more than four breakpoints', () => {
    const five = Array.from({ length: 5 }, () => text('a', MARK));
    expect(() => uncachedResentShare([request([user(...five)])])).toThrow(/6 breakpoints/);
  });
});

describe('a cache without breakpoints', () => {
  const chat = (...messages: object[]) => ({ model: 'm', stream_options: {}, messages });

  test('covers what is the same from the beginning', () => {
    const asked = { role: 'user', content: 'a' };
    const answered = { role: 'assistant', content: null, tool_calls: [{ id: '1' }] };
    expect(uncachedResentShare([chat(asked), chat(asked, answered, { role: 'tool', content: '' })])).toBe(0);
  });

  test('misses all behind the first difference', () => {
    const first = chat({ role: 'user', content: 'a' }, { role: 'user', content: 'b' });
    const second = chat({ role: 'user', content: 'now' }, { role: 'user', content: 'b' });
    expect(uncachedResentShare([first, second])).toBe(1);
  });
});
