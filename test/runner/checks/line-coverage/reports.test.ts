import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { changedLines } from '../../../../src/runner/checks/line-coverage/changed-lines.ts';
import { type Asked, type CoverageTool } from '../../../../src/runner/checks/line-coverage/coverage-tool.ts';
import { goProfile } from '../../../../src/runner/checks/line-coverage/go-profile.ts';
import { mavenJacoco } from '../../../../src/runner/checks/line-coverage/jacoco.ts';
import { readLcov } from '../../../../src/runner/checks/line-coverage/lcov.ts';
import { type FileRuns } from '../../../../src/runner/checks/line-coverage/line-runs.ts';
import { v8Coverage } from '../../../../src/runner/checks/line-coverage/v8-coverage.ts';
import { type Files, makeTree } from '../../../helpers/check-bed.ts';

function plain(runs: FileRuns): unknown {
  return Object.fromEntries([...runs].map(([path, lines]) => [path, Object.fromEntries(lines)]));
}

async function ask(files: Files, reports: (tree: string) => Files): Promise<Asked> {
  const tree = await makeTree(files);
  const folder = await makeTree(reports(tree));
  const sources = Object.entries(files).filter(([path]) => path !== 'go.mod');
  return { folder, tree, place: tree, files: new Map(sources) };
}

async function read(tool: CoverageTool, files: Files, reports: (tree: string) => Files): Promise<unknown> {
  return plain(await tool.read(await ask(files, reports)));
}

describe('the lines of a change', () => {
  test('those added and altered count, from 1', () => {
    const before = 'a\nb\nc\n';
    expect(changedLines({ path: 'x', before, after: 'a\nB\nc\nd\n' })).toEqual([2, 4]);
    expect(changedLines({ path: 'x', before, after: 'b\nc\n' })).toEqual([]);
    expect(changedLines({ path: 'x', before: null, after: 'a\nb' })).toEqual([1, 2]);
    expect(changedLines({ path: 'x', before, after: null })).toEqual([]);
  });
});

describe('lcov', () => {
  test('records of one file are joined, and other files, outside of the tree say, are left out', async () => {
    const asked = await ask({ 'src/a.js': '' }, (tree) => ({
      'lcov.info': `TN:
SF:src/a.js
DA:1,1
DA:2,0
DA:3,0
end_of_record
SF:${tree}/src/a.js
DA:2,7
end_of_record
SF:../../etc/passwd
DA:1,1
end_of_record
`,
    }));
    expect(plain(await readLcov(asked, 'lcov.info'))).toEqual({ 'src/a.js': { 1: true, 2: true, 3: false } });
  });

  test('without a report nothing is told', async () => {
    expect(plain(await readLcov(await ask({ 'a.js': '' }, () => ({})), 'lcov.info'))).toEqual({});
  });
});

describe('a profile of Go', () => {
  const FILES: Files = {
    'go.mod': 'module example.com/m\n',
    'sub/a.go': 'func A() int {\n\tif b() {\n\t\treturn 1\n\t}\n\n\t// else\n\treturn 2\n}\n',
  };

  test('a line was run when one of its blocks was, in the tests of any package', async () => {
    const told = await read(goProfile, FILES, () => ({
      'cover.out': `mode: set
example.com/m/sub/a.go:1.14,2.9 1 0
example.com/m/sub/a.go:2.9,4.3 1 0
example.com/m/sub/a.go:7.2,7.10 1 0
example.com/m/sub/a.go:1.14,2.9 1 1
example.com/m/sub/a.go:7.2,7.10 1 1
example.com/other/sub/a.go:2.9,4.3 1 1
`,
    }));
    expect(told).toEqual({ 'sub/a.go': { 1: true, 2: true, 3: false, 7: true } });
  });

  test('blocks beyond the end of the file tell nothing', async () => {
    const told = await read(goProfile, FILES, () => ({
      'cover.out': 'mode: set\nexample.com/m/sub/a.go:7.2,99999999.1 1 1\n',
    }));
    expect(told).toEqual({ 'sub/a.go': { 7: true } });
  });
});

describe('the report of JaCoCo', () => {
  const REPORT = `<?xml version="1.0"?><!DOCTYPE report PUBLIC "-//JACOCO//DTD Report 1.1//EN" "report.dtd">
<report name="m"><package name="calc"><class name="calc/A" sourcefilename="A.java"/><sourcefile name="A.java">
<line nr="1" mi="0" ci="2" mb="0" cb="0"/><line nr="2" mi="3" ci="0" mb="0" cb="0"/></sourcefile></package></report>`;

  test('its files are those of the module that it lies in', async () => {
    const files = {
      'one/src/calc/A.java': '',
      'two/src/calc/A.java': '',
      'one/pom.xml': '',
      'two/pom.xml': '',
    };
    const told = await read(
      mavenJacoco,
      { ...files, 'two/target/site/jacoco/jacoco.xml': REPORT },
      () => ({}),
    );
    expect(told).toEqual({ 'two/src/calc/A.java': { 1: true, 2: false } });
  });

  test('a build without it is not asked', async () => {
    expect(await mavenJacoco.request(await ask({ 'pom.xml': '<project/>' }, () => ({})))).toBeNull();
  });
});

describe('the coverage of V8', () => {
  const CODE = 'export function a() {\n  return 1;\n}\n';
  const REPORT = 'coverage-1-2-0.json';

  function report(url: string, length: number, count: number, text = CODE): string {
    const whole = { startOffset: 0, endOffset: length, count: 1 };
    const inner = { startOffset: text.indexOf('function'), endOffset: text.lastIndexOf('}') + 1, count };
    const functions = [{ ranges: [whole] }, { ranges: [inner] }];
    return JSON.stringify({
      result: [
        { url, functions },
        { url: 'node:fs', functions: [] },
      ],
    });
  }

  function urlOf(tree: string, path: string): string {
    return pathToFileURL(join(tree, path)).href;
  }

  test('a line was run when one of the processes ran it, however it asked for the file', async () => {
    const told = await read(v8Coverage, { 'a.mjs': CODE }, (tree) => ({
      [REPORT]: report(`${urlOf(tree, 'a.mjs')}?again`, CODE.length, 0),
      'coverage-2-2-0.json': report(urlOf(tree, 'a.mjs'), CODE.length, 3),
    }));
    expect(told).toEqual({ 'a.mjs': { 1: true, 2: true } });
  });

  test('of a file that was translated before it ran nothing is told', async () => {
    const told = await read(v8Coverage, { 'a.mjs': CODE }, (tree) => ({
      [REPORT]: report(urlOf(tree, 'a.mjs'), CODE.length, 0),
      'coverage-2-2-0.json': report(urlOf(tree, 'a.mjs'), CODE.length + 5, 0),
    }));
    expect(told).toEqual({});
  });

  test('types that Node takes out are no lines to be run', async () => {
    const text = `interface B {\n  c: number;\n}\n${CODE}`;
    const told = await read(v8Coverage, { 'a.ts': text }, (tree) => ({
      [REPORT]: report(urlOf(tree, 'a.ts'), text.length, 0, text),
    }));
    expect(told).toEqual({ 'a.ts': { 4: true, 5: false } });
  });

  test('reports that are none are an error, which the caller takes for no report', async () => {
    await expect(
      read(v8Coverage, { 'a.mjs': CODE }, () => ({ [REPORT]: '{"result": 7}' })),
    ).rejects.toThrow();
  });
});
