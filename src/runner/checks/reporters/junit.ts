import { join } from 'node:path';
import { type TestCase } from '../check.ts';
import { readPlainFile } from '../tree-file.ts';
import { asElement, asList, decode, type Element, parseXml } from './report-xml.ts';
import { MAX_MESSAGE_LENGTH, MAX_REPORT_BYTES } from './reporter.ts';

/** A `<testcase>`: its attributes, and its outcome as the element inside it says. */
export interface JunitCase {
  readonly name: string;
  readonly classname: string;
  readonly file: string;
  readonly status: TestCase['status'];
  /** Message and text of the failure. */
  readonly message: string;
}

/** Reads a JUnit XML report written by untrusted code. Null without one; throws when it is malformed. */
export async function readJunit(folder: string, name: string): Promise<readonly JunitCase[] | null> {
  const text = await readPlainFile(join(folder, name), MAX_REPORT_BYTES);
  return text === null ? null : parseJunit(text);
}

/** @throws Error when the text is no JUnit report */
export function parseJunit(xml: string): readonly JunitCase[] {
  const document = parseXml(xml, ['testsuite', 'testcase', 'failure', 'error', 'skipped']);
  const root = document['testsuites'] ?? document['testsuite'];
  if (root === undefined) throw new Error('There is no testsuite in the report.');
  return casesOf(root);
}

function casesOf(node: unknown): readonly JunitCase[] {
  if (Array.isArray(node)) return node.flatMap(casesOf);
  const element = asElement(node);
  const own = asList(element['testcase']).map((each) => readCase(asElement(each)));
  return [...own, ...asList(element['testsuite']).flatMap(casesOf)];
}

function readCase(element: Element): JunitCase {
  const [error, failure, skipped] = ['error', 'failure', 'skipped'].map((tag) => asList(element[tag])[0]);
  const outcome = error ?? failure;
  return {
    name: decode(element['name']),
    classname: decode(element['classname']),
    file: decode(element['file']),
    status: statusOf(error, failure, skipped),
    message: outcome === undefined ? '' : failureText(outcome),
  };
}

function statusOf(error: unknown, failure: unknown, skipped: unknown): TestCase['status'] {
  if (error !== undefined) return 'error';
  if (failure !== undefined) return 'failed';
  return skipped === undefined ? 'passed' : 'skipped';
}

function failureText(outcome: unknown): string {
  const element = asElement(outcome);
  const text = decode(typeof outcome === 'string' ? outcome : element['#text']).trim();
  const message = decode(element['message']);
  const whole = text.includes(message) ? text : `${message}\n${text}`;
  return whole.slice(0, MAX_MESSAGE_LENGTH);
}
