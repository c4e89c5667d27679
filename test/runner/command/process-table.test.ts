import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, expect, it, vi } from 'vitest';
import { countedThreads, listProcesses } from '../../../src/runner/command/process-table.ts';

const ZOMBIES = 80;
let parent: ChildProcess | null = null;

afterEach(() => {
  parent?.kill('SIGKILL');
  parent = null;
});

it('counts zombies as the kernel does, and lists only what lives', async () => {
  const uid = process.getuid?.() ?? 0;
  const before = new Set(listProcesses().map(({ pid }) => pid));
  const countedBefore = countedThreads().get(uid) ?? 0;
  // `sleep` never waits for the children of the shell whose place it takes.
  const leaves = `for i in $(seq ${ZOMBIES}); do sleep 0.3 & done; exec sleep 1000`;
  parent = spawn('/bin/sh', ['-c', leaves], { stdio: 'ignore' });
  await vi.waitFor(
    () => {
      const living = listProcesses().filter(({ pid }) => !before.has(pid));
      expect(living.map(({ pid }) => pid)).toContain(parent?.pid);
      expect(living.length).toBeLessThan(ZOMBIES / 2);
      expect((countedThreads().get(uid) ?? 0) - countedBefore).toBeGreaterThan(ZOMBIES / 2);
    },
    { timeout: 10_000 },
  );
});
