import { type TestTool } from '../check.ts';
import { jest } from './jest.ts';
import { mocha } from './mocha.ts';
import { nodeTest } from './node-test.ts';
import { pytest } from './pytest.ts';
import { type Reporter } from './reporter.ts';
import { vitest } from './vitest.ts';

export const REPORTERS: Readonly<Record<Exclude<TestTool, 'unknown'>, Reporter>> = {
  vitest,
  jest,
  mocha,
  'node-test': nodeTest,
  pytest,
};
