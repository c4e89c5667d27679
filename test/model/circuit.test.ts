import { expect, test } from 'vitest';
import { createCircuit } from '../../src/model/circuit.ts';

function circuitAt() {
  let nowMs = 1000;
  const circuit = createCircuit({ opensAfter: 3, restMs: 60_000 }, () => nowMs);
  const fail = (times: number) => {
    for (let time = 0; time < times; time += 1) circuit.failed();
  };
  return { circuit, fail, pass: (ms: number) => (nowMs += ms) };
}

test('failures that are not in a row leave it closed', () => {
  const { circuit, fail } = circuitAt();
  fail(2);
  circuit.succeeded();
  fail(2);
  expect(circuit.letsThrough()).toBe(true);
});

test('so many in a row open it, for as long as it rests', () => {
  const { circuit, fail, pass } = circuitAt();
  fail(3);
  expect(circuit.letsThrough()).toBe(false);
  pass(59_999);
  expect(circuit.letsThrough()).toBe(false);
});

test('after the rest one is let through, the others wait for what comes of it', () => {
  const { circuit, fail, pass } = circuitAt();
  fail(3);
  pass(60_000);
  expect([circuit.letsThrough(), circuit.letsThrough()]).toEqual([true, false]);
  circuit.succeeded();
  expect([circuit.letsThrough(), circuit.letsThrough()]).toEqual([true, true]);
});

test('one more failure opens it again', () => {
  const { circuit, fail, pass } = circuitAt();
  fail(3);
  pass(60_000);
  circuit.letsThrough();
  pass(10_000);
  fail(1);
  pass(59_999);
  expect(circuit.letsThrough()).toBe(false);
});

test('one who never says what came of it keeps nobody out for longer than a rest', () => {
  const { circuit, fail, pass } = circuitAt();
  fail(3);
  pass(60_000);
  circuit.letsThrough();
  pass(60_000);
  expect(circuit.letsThrough()).toBe(true);
});
