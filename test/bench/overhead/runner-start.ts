import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jobFor, scriptedMailbox } from '../../helpers/scripted-mailbox.ts';

const RUNNER = path.join(import.meta.dirname, '..', '..', '..', 'dist', 'runner.mjs');
const TIMEOUT_MS = 30_000;

/** From the start of the runner's process to its first event, in milliseconds. */
export async function runnerStartMs(): Promise<number> {
  // It waits for a token that does not come, and is ended there.
  const job = jobFor({ cloneUrl: 'http://127.0.0.1:9/none.git', baseSha: '0'.repeat(40), needsToken: true });
  const mailbox = await scriptedMailbox(job, () => undefined);
  const startedAt = performance.now();
  const child = spawn(process.execPath, [RUNNER, mailbox.folder], { stdio: 'ignore' });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  try {
    const events = path.join(mailbox.folder, 'events.ndjson');
    while (!(existsSync(events) && readFileSync(events, 'utf8').includes('\n'))) {
      if (performance.now() - startedAt > TIMEOUT_MS) throw new Error('the runner wrote no event');
      await sleep(2);
    }
    return performance.now() - startedAt;
  } finally {
    child.kill('SIGTERM');
    await exited;
    await mailbox.remove();
  }
}
