import { once } from 'node:events';
import { afterEach, expect, test, vi } from 'vitest';
import { type Problem, PtcError } from '../../src/domain/errors.ts';
import { type Ports } from '../../src/run/ports.ts';
import { awaitWorkspace } from '../../src/run/steps/await-workspace.ts';
import { makeRun } from '../api/seed.ts';
import { memoryRunStore } from '../helpers/memory-run-store.ts';

afterEach(() => void vi.restoreAllMocks());

const problem = (code: string): Problem => ({
  code,
  message: 'No\n`room`.',
  remedy: 'Wait.',
  retryable: true,
});

/** A run, and a provider that fails in these ways, or hangs, before it has a workspace. The forge takes comments alone. */
async function scene(...failures: readonly string[]) {
  const run = makeRun('run-a');
  const store = memoryRunStore();
  await store.create(run);
  const comments: string[] = [];
  const left = [...failures];
  const ports: unknown = {
    store,
    forge: {
      putComment: (_place: unknown, { body }: { readonly body: string }) =>
        Promise.resolve(comments.push(body)),
    },
    workspaces: {
      ensure: (_run: unknown, signal: AbortSignal) => {
        const code = left.shift();
        if (code === 'hang') return once(signal, 'abort').then(() => Promise.reject(new Error('aborted')));
        return code === undefined
          ? Promise.resolve({ runId: run.id })
          : Promise.reject(new PtcError(problem(code)));
      },
    },
    policy: { publicUrl: null },
    log: { warn: () => {} },
    stopping: new AbortController().signal,
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the rest of the ports is never reached
  return { ports: ports as Ports, run, store, comments };
}

test('a run waits for room, says so once, and gets its workspace', async () => {
  const { ports, run, comments } = await scene('workspace-quota');
  expect(await awaitWorkspace(ports, run)).toEqual({ runId: run.id });
  expect(comments).toEqual([expect.stringContaining('Waiting for a workspace: `No room .`')]);
});

test('a run that waits can be cancelled', async () => {
  const { ports, run, store } = await scene(...Array.from({ length: 9 }, () => 'workspace-quota'));
  const waiting = awaitWorkspace(ports, run);
  await store.requestCancel(run.id, 'maria');
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
});

test('a run whose workspace does not come can be cancelled', async () => {
  const { ports, run, store } = await scene('hang');
  const waiting = awaitWorkspace(ports, run);
  await store.requestCancel(run.id, 'maria');
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
});

test('a run does not hold its place for ever', async () => {
  const { ports, run } = await scene('workspace-quota');
  vi.spyOn(performance, 'now')
    .mockReturnValueOnce(0)
    .mockReturnValue(16 * 60_000);
  await expect(awaitWorkspace(ports, run)).rejects.toMatchObject({
    code: 'workspace-quota',
    retryable: false,
  });
});

test('what does not pass by itself is not waited for', async () => {
  const { ports, run, comments } = await scene('snapshot-missing');
  await expect(awaitWorkspace(ports, run)).rejects.toMatchObject({ code: 'snapshot-missing' });
  expect(comments).toEqual([]);
});
