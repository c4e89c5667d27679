import { type CheckKind } from '../../../protocol/proof.ts';
import { type CheckTool } from '../check.ts';
import { cargoTest } from './cargo-test.ts';
import { goTest } from './go-test.ts';
import { gradle } from './gradle.ts';
import { maven } from './maven.ts';
import { bunTest } from './bun-test.ts';
import { jest } from './jest.ts';
import { mocha } from './mocha.ts';
import { nodeTest } from './node-test.ts';
import { pytest } from './pytest.ts';
import { dotnetTest } from './dotnet-test.ts';
import { eslint } from './eslint.ts';
import { minitest } from './minitest.ts';
import { phpunit } from './phpunit.ts';
import { printedFaults } from './printed-faults.ts';
import { type Reporter } from './reporter.ts';
import { rspec } from './rspec.ts';
import { unittest } from './unittest.ts';
import { vitest } from './vitest.ts';

const REPORTERS: Readonly<Record<Exclude<CheckTool, 'unknown'>, Reporter>> = {
  vitest,
  jest,
  mocha,
  'bun-test': bunTest,
  'node-test': nodeTest,
  pytest,
  'go-test': goTest,
  'cargo-test': cargoTest,
  maven,
  gradle,
  unittest,
  'dotnet-test': dotnetTest,
  rspec,
  minitest,
  phpunit,
  eslint,
  oxlint: printedFaults({ words: ['--format=unix'], env: {} }),
  // Twenty faults are all that Biome shows by itself.
  biome: printedFaults({ words: ['--reporter=github', '--max-diagnostics=none'], env: {} }),
  // Of the forms in one line this is the one that every version knows.
  ruff: printedFaults({ words: [], env: { RUFF_OUTPUT_FORMAT: 'pylint' } }),
  'golangci-lint': printedFaults({
    words: ['--max-issues-per-linter=0', '--max-same-issues=0'],
    env: {},
  }),
};

const ANY_LINTER = printedFaults({ words: [], env: {} });

/** How a check's tool is asked for its report; null where nothing but the exit code tells. */
export function findReporter(kind: CheckKind, tool: CheckTool): Reporter | null {
  if (tool !== 'unknown') return REPORTERS[tool];
  return kind === 'test' ? null : ANY_LINTER;
}
