import { type CheckKind } from '../../protocol/proof.ts';
import { type CheckTool } from './check.ts';

/** The tools of each kind of check, told by one simple command of a shell line; the first that matches. */
export const TOOL_PATTERNS: Readonly<Record<CheckKind, readonly (readonly [CheckTool, RegExp])[]>> = {
  test: [
    ['vitest', word('vitest')],
    ['jest', new RegExp(`${word('jest').source}|(?:^|\\s)react-scripts test(?=\\s|$)`)],
    ['mocha', word('_?mocha')],
    ['bun-test', /(?:^|[\s/])bun\s+(?:-\S+\s+)*test(?=\s|$)/],
    ['pytest', /(?:^|[\s/])(?:pytest|py\.test)(?=\s|$)/],
    ['unittest', /(?:^|[\s/])python[\d.]*\s+(?:-\w\s+)*-m\s+unittest(?=\s|$)/],
    ['go-test', /(?:^|\s)go\s+test(?=\s|$)/],
    ['cargo-test', /(?:^|\s)cargo\s+(?:\+\S+\s+)?(?:t|test)(?=\s|$)/],
    ['maven', /(?:^|[\s/])mvnw?\s(?:.*\s)?(?:test|package|verify|install)(?=\s|$)/],
    ['gradle', /(?:^|[\s/])gradlew?\s(?:.*[\s:])?\w*[tT]est(?=\s|$)/],
    ['dotnet-test', /(?:^|\s)dotnet\s+test(?=\s|$)/],
    ['rspec', /(?:^|[\s/])rspec(?=\s|$)/],
    ['minitest', /(?:^|[\s/])rake\s+test(?=\s|$)/],
    ['phpunit', /(?:^|[\s/])phpunit(?=\s|$)/],
    // A reporter of its own would have to be matched by as many destinations as ours.
    ['node-test', /(?:^|[\s/])(?:node|tsx)\s(?!.*--test-reporter)(?:.*\s)?--test(?=\s|$)/],
  ],
  lint: [
    ['eslint', word('eslint')],
    // Neither takes a form of output twice.
    ['oxlint', /(?:^|[\s/])oxlint(?=\s|$)(?!.*\s(?:-f|--format)\b)/],
    ['biome', /(?:^|[\s/])biome\s+(?:lint|check|ci)(?=\s|$)(?!.*\s--(?:reporter|max-diagnostics)\b)/],
    ['ruff', /(?:^|[\s/])ruff\s+(?:check|format)(?=\s|$)/],
    ['golangci-lint', /(?:^|[\s/])golangci-lint\s+run(?=\s|$)/],
  ],
  typecheck: [],
};

function word(program: string): RegExp {
  return new RegExp(`(?:^|\\s|\\.bin/)${program}(?=\\s|$)|/${program}\\.[cm]?js(?=\\s|$)`);
}
