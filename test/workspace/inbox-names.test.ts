import { expect, test } from 'vitest';
import { createInboxNames } from '../../src/workspace/inbox-names.ts';

test('a key keeps its file, and each further key gets one that sorts behind', () => {
  const names = createInboxNames();
  const given = ['c', 'a', 'b'].map((key) => names.nameOf(key, 'message'));
  expect(given).toEqual([...new Set(given)].toSorted());
  expect(names.nameOf('a', 'message')).toBe(given[1]);
});

test('what an app says that was started again sorts behind what it said before', () => {
  const before = createInboxNames().nameOf('a', 'message');
  while (Date.now() <= Number(/\d+/.exec(before)?.[0])) continue;
  expect([createInboxNames().nameOf('a', 'cancel'), before].toSorted()[0]).toBe(before);
});
