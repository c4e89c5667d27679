import { afterEach, expect, test } from 'vitest';
import { describeWith, hasTool } from '../../helpers/required-tool.ts';
import { type StandaloneBed, standaloneBed } from '../../runner/standalone/bed.ts';

/*
 * The template does the whole job with the contract's variables alone, in each language; only Node was checked by
 * the scripts that it replaces.
 */

let bed: StandaloneBed | null = null;
afterEach(() => bed?.close());

const added = (text: string): string => text.replace(/^(?=.)/gm, '+');

const PYTHON_TEST = `import unittest
from adder import add


class AddTest(unittest.TestCase):
    def test_nothing(self):
        self.assertEqual(add(0, 0), 0)
`;
const GO_TEST = `package adder
import "testing"
func TestAdd(t *testing.T) {
	if Add(1, 2) != 3 {
		t.Fatal("1 and 2 are 3")
	}
}
`;
const TYPESCRIPT_TEST = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add } from './adder.ts';
test('adds', () => assert.equal(add(1, 2), 3));
`;

const LANGUAGES = [
  {
    name: 'Python',
    tool: 'python3',
    args: ['--version'],
    provider: 'openai',
    files: {
      'README.md': 'Tests: `python3 -m unittest`\n',
      'adder.py': 'def add(one, other):\n    return one - other\n',
      'test_adder.py': PYTHON_TEST,
    },
    diff: `--- a/adder.py\n+++ b/adder.py\n@@\n-    return one - other\n+    return one + other\n--- a/test_adder.py\n+++ b/test_adder.py\n@@\n         self.assertEqual(add(0, 0), 0)\n+\n+    def test_add(self):\n+        self.assertEqual(add(1, 2), 3)\n`,
  },
  {
    name: 'Go',
    tool: 'go',
    args: ['version'],
    provider: 'anthropic',
    files: {
      'go.mod': 'module example.com/adder\n\ngo 1.20\n',
      'adder.go': 'package adder\n\nfunc Add(one, other int) int { return one - other }\n',
    },
    diff: `--- a/adder.go\n+++ b/adder.go\n@@\n-func Add(one, other int) int { return one - other }\n+func Add(one, other int) int { return one + other }\n--- /dev/null\n+++ b/adder_test.go\n@@\n${added(GO_TEST)}`,
  },
  {
    name: 'TypeScript',
    tool: 'node',
    args: ['--version'],
    provider: 'openai',
    files: {
      'package.json': '{"name":"adder","type":"module","scripts":{"test":"node --test"}}\n',
      'adder.ts': 'export const add = (one: number, other: number): number => one - other;\n',
    },
    diff: `--- a/adder.ts\n+++ b/adder.ts\n@@\n-export const add = (one: number, other: number): number => one - other;\n+export const add = (one: number, other: number): number => one + other;\n--- /dev/null\n+++ b/adder.test.ts\n@@\n${added(TYPESCRIPT_TEST)}`,
  },
] as const;

for (const { name, tool, args, provider, files, diff } of LANGUAGES) {
  describeWith(tool, hasTool(tool, args), `standing alone in a ${name} repository`, () => {
    test('a proven pull request comes of it, and each webhook tells of it', async () => {
      bed = await standaloneBed({
        files,
        provider,
        script: [
          { tools: [{ name: 'apply_patch', input: { diff } }] },
          { tools: [{ name: 'finish', input: { title: 'Add', body: 'It subtracted.' } }] },
        ],
        prompt: 'add subtracts',
      });
      const ended = await bed.execute();
      expect(ended.code, ended.log).toBe(0);
      expect(ended.result().proof).toMatchObject({ verdict: 'green', newFailures: [] });
      const [pull] = await bed.pullRequests();
      expect(pull).toMatchObject({ title: 'Add', draft: false, head: { ref: 'ptc/task-17' } });
      const [created, ...rest] = bed.receiver.posts;
      expect(created).toMatchObject({ type: 'workspace.created', status: 'running' });
      expect(rest.slice(-3)).toMatchObject([
        { type: 'pr.created', status: 'success', prUrl: pull?.['html_url'] },
        { type: 'task.completed', status: 'success', prUrl: pull?.['html_url'] },
        { type: 'workspace.status', status: 'stopped' },
      ]);
      const progress = rest.slice(0, -3);
      expect(progress.every(({ type, status }) => type === 'task.progress' && status === 'running')).toBe(
        true,
      );
      expect(progress.map(({ message }) => message)).toEqual(
        expect.arrayContaining(['cloning', 'planning', 'working', 'proving', 'attempt 1: green']),
      );
    });
  });
}
