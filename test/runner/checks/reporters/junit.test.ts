import { expect, test } from 'vitest';
import { parseJunit } from '../../../../src/runner/checks/reporters/junit.ts';

test('suites in suites, several outcomes, and escaped text are read', () => {
  const cases = parseJunit(`<?xml version="1.0"?>
<testsuite><testsuite name="a"><testcase classname="c" name="x &lt; y &#x41;&#66;"/>
<testcase name="f"><failure message="short">short and &amp; long</failure></testcase></testsuite>
<testcase name="e" file="e.py"><error message="why">text</error></testcase>
<testcase name="s"><skipped/></testcase></testsuite>`);
  expect(cases).toEqual([
    { name: 'e', classname: '', file: 'e.py', status: 'error', message: 'why\ntext' },
    { name: 's', classname: '', file: '', status: 'skipped', message: '' },
    { name: 'x < y AB', classname: 'c', file: '', status: 'passed', message: '' },
    { name: 'f', classname: '', file: '', status: 'failed', message: 'short and & long' },
  ]);
});

test('a report without tests has no cases', () => {
  expect(parseJunit('<testsuites name="vitest tests" tests="0"></testsuites>')).toEqual([]);
});

test('entities that the document declares are not expanded', () => {
  const bomb = `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>
<testsuites><testsuite><testcase name="&b;"/></testsuite></testsuites>`;
  expect(parseJunit(bomb).map((each) => each.name)).toEqual(['&b;']);
});

test.each(['', 'text', '<a>', '<testsuites><testsuite></testsuites>', '<html/>'])(
  '%j is no report',
  (text) => {
    expect(() => parseJunit(text)).toThrow();
  },
);

test('names of the object prototype are plain text', () => {
  const cases = parseJunit('<testsuites><testsuite><testcase name="__proto__"/></testsuite></testsuites>');
  expect(cases[0]?.name).toBe('__proto__');
});
