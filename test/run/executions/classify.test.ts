import { expect, test } from 'vitest';
import { classify } from '../../../src/run/executions/classify.ts';

test.each([
  ['src/calculator.py', 'source_code', 'python'],
  ['calc', 'data', null],
  ['lib/index.tsx', 'source_code', 'typescript'],
  ['cmd/main.go', 'source_code', 'go'],
  ['index.html', 'source_code', 'html'],
  ['db/schema.sql', 'source_code', 'sql'],
  ['tests/test_calculator.py', 'test', 'python'],
  ['calculator_test.go', 'test', 'go'],
  ['src/sum.test.ts', 'test', 'typescript'],
  ['spec/sum_spec.rb', 'test', 'ruby'],
  ['src/__tests__/sum.js', 'test', 'javascript'],
  ['src/test/java/SumTest.java', 'test', 'java'],
  ['conftest.py', 'test', 'python'],
  ['tests/fixtures/rows.csv', 'data', 'csv'],
  ['tests/README.md', 'documentation', 'markdown'],
  ['src/contest.py', 'source_code', 'python'],
  ['src/latest.ts', 'source_code', 'typescript'],
  ['package.json', 'config', 'json'],
  ['tsconfig.build.json', 'config', 'json'],
  ['pyproject.toml', 'config', 'toml'],
  ['requirements-dev.txt', 'config', null],
  ['setup.py', 'config', 'python'],
  ['vite.config.ts', 'config', 'typescript'],
  ['.gitignore', 'config', null],
  ['.github/dependabot.yml', 'config', 'yaml'],
  ['.env.example', 'config', null],
  ['Dockerfile', 'config', 'dockerfile'],
  ['Makefile', 'config', 'makefile'],
  ['go.mod', 'config', 'go-module'],
  ['README.md', 'documentation', 'markdown'],
  ['LICENSE', 'documentation', null],
  ['docs/notes.txt', 'documentation', null],
  ['data/rows.json', 'data', 'json'],
  ['data/rows.csv', 'data', 'csv'],
  ['assets/logo.svg', 'data', 'svg'],
])('%s is %s (%s)', (path, type, language) => {
  expect(classify(path, '')).toEqual({ artifact_type: type, language });
});

test.each([
  ['#!/usr/bin/env python3\nprint(1)\n', 'python'],
  ['#!/bin/sh\necho\n', 'shell'],
  ['#!/usr/bin/env -S node --no-warnings\n', 'javascript'],
  ['#! /usr/bin/ruby\n', 'ruby'],
])('a program without an extension is told by its first line: %j', (content, language) => {
  expect(classify('bin/calc', content)).toEqual({ artifact_type: 'source_code', language });
});
