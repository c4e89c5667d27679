import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { PtcError } from '../../src/domain/errors.ts';
import { foreseenFailure } from '../../src/runner/failure.ts';
import { runInFolder } from '../../src/runner/run-in-folder.ts';
import { describeWith } from '../helpers/required-tool.ts';
import { calls, inOrder, jobFor, scriptedMailbox } from '../helpers/scripted-mailbox.ts';
import { sourceRepository } from '../helpers/source-repository.ts';

const mounted: string[] = [];
afterEach(() => {
  for (const path of mounted.splice(0)) {
    spawnSync('umount', [path]);
    rmSync(path, { recursive: true, force: true });
  }
});

/** A file system of so many megabytes, null where this machine lets us mount none. */
function smallDisk(sizeMb: number): string | null {
  const path = mkdtempSync(join(tmpdir(), 'ptc-disk-'));
  chmodSync(path, 0o755);
  mounted.push(path);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m,mode=755`, 'tmpfs', path]);
  return status === 0 ? path : null;
}

const canMount = smallDisk(1) !== null;

describeWith('mount (as root)', canMount, 'on a disk that gets full', () => {
  test('the job ends as disk-full, with the patch so far in a whole result', async () => {
    const disk = smallDisk(16) ?? '';
    const source = await sourceRepository({ 'notes.txt': 'one\n' });
    const job = jobFor({ cloneUrl: source.url, baseSha: source.sha });
    const fill =
      'for i in 1 2 3 4 5 6 7 8; do head -c 4000000 /dev/zero > fill.$i; done; for i in $(seq 500); do echo x > f.$i; done';
    const mailbox = await scriptedMailbox(
      job,
      inOrder(
        calls(
          ['apply_patch', { diff: '--- a/notes.txt\n+++ b/notes.txt\n@@\n-one\n+1\n' }],
          ['run_command', { command: fill }],
        ),
        calls(['apply_patch', { diff: `--- /dev/null\n+++ b/new.txt\n@@\n${'+x\n'.repeat(5000)}` }]),
      ),
      disk,
    );
    await runInFolder(mailbox.folder, new AbortController());
    expect(mailbox.result()).toMatchObject({
      status: 'failed',
      problem: { code: 'disk-full' },
      files: [{ path: 'notes.txt', content: '1\n' }],
    });
    expect(mailbox.events().at(-1)?.type).toBe('runner.finished');
    await mailbox.remove();
    await source.remove();
  });
});

test.each(['ENOSPC', 'EDQUOT'])('the system error %s is the typed error disk-full', async (code) => {
  const error = Object.assign(new Error('write failed'), { code });
  expect((await foreseenFailure(error, tmpdir()))?.code).toBe('disk-full');
});

test('other failures stay what they are', async () => {
  const problem = { code: 'clone-failed', message: 'No.', remedy: 'Ask again.', retryable: true };
  expect((await foreseenFailure(new PtcError(problem), tmpdir()))?.code).toBe('clone-failed');
  expect(await foreseenFailure(new Error('a bug'), tmpdir())).toBeNull();
});
