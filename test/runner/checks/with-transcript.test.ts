import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withTranscript } from '../../../src/runner/checks/with-transcript.ts';
import { makeFolder } from '../../helpers/check-bed.ts';

test.each([
  ['echo one; echo two >&2', 0],
  ['false | true', 0],
  ['echo one # a comment', 0],
  ['echo one; exit 7; echo never', 7],
])('%j prints the same, ends the same and leaves it in a file', async (command, status) => {
  const file = join(await makeFolder(), "it's here.txt");
  const plain = spawnSync('/bin/bash', ['-c', `(${command}\n) 2>&1`], { encoding: 'utf8' });
  const ended = spawnSync('/bin/bash', ['-c', withTranscript(command, file)], { encoding: 'utf8' });
  expect(ended).toMatchObject({ status, stdout: plain.stdout });
  expect(await readFile(file, 'utf8')).toBe(plain.stdout);
});
