import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { shellWord, splitCommands } from '../../../src/runner/checks/shell-words.ts';
import { readToolCommand, withArguments } from '../../../src/runner/checks/tool-command.ts';

describe('the tool behind a command', () => {
  test.each([
    ['vitest run', {}, 'vitest', []],
    ['npx vitest run --coverage', {}, 'vitest', []],
    ['npm exec vitest run', {}, 'vitest', ['--']],
    ['npm test', { test: 'vitest run' }, 'vitest', ['--']],
    ['npm t', { test: 'cross-env NODE_ENV=test jest' }, 'jest', ['--']],
    ['npm test -- --ci', { test: 'jest' }, 'jest', []],
    ['npm test', { test: 'npm run unit', unit: 'jest' }, 'jest', ['--', '--']],
    ['pnpm test', { test: 'pnpm unit', unit: 'vitest' }, 'vitest', []],
    ['yarn run test', { test: 'yarn jest' }, 'jest', []],
    ['npm test', { test: 'npm run lint && mocha test', lint: 'eslint .' }, 'mocha', ['--']],
    ['npm test', { test: 'react-scripts test' }, 'jest', ['--']],
    ['npm test', { test: 'node --experimental-vm-modules node_modules/jest/bin/jest.js' }, 'jest', ['--']],
    ['npm test', { test: 'c8 node --test test/' }, 'node-test', ['--']],
    ['npm test', { test: 'node --import tsx --test' }, 'node-test', ['--']],
    ['python -m pytest -q', {}, 'pytest', []],
    ['.venv/bin/pytest', {}, 'pytest', []],
    ['npm test', { test: 'vitest run && tsc' }, 'vitest', null],
    ['npm test', { test: 'jest | tee log' }, 'jest', null],
    ['npm test', { test: 'vitest run > log' }, 'vitest', null],
    ['npm test', { test: '(cd a && vitest run)' }, 'vitest', null],
    ['npm test', { test: 'node --test --test-reporter=dot' }, 'unknown', null],
    ['npm test', { test: 'npm test' }, 'unknown', null],
    ['cd packages/a && npm test', { test: 'vitest' }, 'vitest', ['--']],
    ['bun run test', { test: 'jest' }, 'jest', []],
    ['bun unit', { unit: 'bun --bun vitest' }, 'vitest', []],
    ['bun test', { test: 'jest' }, 'bun-test', []],
    ['yarn test', { test: 'bun --silent test src' }, 'bun-test', []],
    ['python3 -m unittest discover -v', {}, 'unittest', []],
    ['PYTHONPATH="src:$PYTHONPATH" python -m unittest', {}, 'unittest', []],
    ['npm test', { test: 'npm test --workspaces' }, 'unknown', null],
    ['npm test -w packages/a', { test: 'vitest' }, 'unknown', null],
    ['pnpm -r test', { test: 'vitest' }, 'unknown', null],
    ['pnpm --filter=a test', { test: 'vitest' }, 'unknown', null],
    ['yarn workspace a test', { test: 'vitest' }, 'unknown', null],
    ['bun run --cwd a test', { test: 'vitest' }, 'unknown', null],
    ['yarn mocha -r ts-node/register', {}, 'mocha', []],
    ['npm test -- -r esm', { test: 'mocha' }, 'mocha', []],
    ['npm run unit -- --prefix a', { unit: 'jest' }, 'jest', []],
    ['npm test', { test: 'turbo run test' }, 'unknown', null],
    ['make test', {}, 'unknown', null],
    ['npm install vitest-thing', {}, 'unknown', null],
    ['', {}, 'unknown', null],
  ])('%j with scripts %j is %s, further arguments after %j', (command, scripts, tool, separators) => {
    expect(readToolCommand(command, scripts, 'test')).toEqual({ tool, separators });
  });

  test('arguments go after the separators, quoted for the shell', () => {
    expect(withArguments('npm test', ['--'], ["it's a.test.js", 'b'])).toBe(
      String.raw`npm test -- 'it'\''s a.test.js' b`,
    );
  });
});

describe('shell text', () => {
  test('operators in quotes split nothing', () => {
    const parts = splitCommands(`echo "a && b" 'c;d' && x 2>&1 | y`);
    expect(parts.map((part) => part.text)).toEqual([`echo "a && b" 'c;d'`, 'x 2>&1', 'y']);
  });

  test.each(['plain', 'two words', '$(id)', `'"\\`, '*', 'a\nb'])(
    'bash reads %j back as one word',
    (word) => {
      const printed = execFileSync('/bin/bash', ['-c', `printf %s ${shellWord(word)}`], { encoding: 'utf8' });
      expect(printed).toBe(word);
    },
  );
});
