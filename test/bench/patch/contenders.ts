import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { applyPatch, parsePatch } from 'diff';
import { applyChanges, applyEdits, parseAnswer, type Tree } from '../../../src/patch/index.ts';
import type { Files, PatchCase } from './patch-case.ts';

/** What a contender did with a case. */
export interface Attempt {
  readonly accepted: boolean;
  /** The tree afterwards. */
  readonly files: Files;
  readonly ms: number;
}

export type Contender = (test: PatchCase) => Attempt;

/** Runs that the time of a contender in this process is the best of: what else the machine does is not its time. */
const RUNS = 3;

export const contenders: Readonly<Record<string, Contender>> = {
  ours,
  git_apply: (test) => inFolder(test, 'git', ['apply']),
  git_apply_loose: (test) => inFolder(test, 'git', ['apply', '--recount', '--ignore-whitespace', '-C1']),
  gnu_patch: (test) =>
    inFolder(test, 'patch', ['-p1', '-F3', '--batch', '--no-backup-if-mismatch', '--reject-file=-']),
  npm_diff: (test) => npmDiff(test, 0),
  npm_diff_fuzz2: (test) => npmDiff(test, 2),
};

function ours(test: PatchCase): Attempt {
  const tree: Tree = new Map(
    Object.entries(test.files).map(([path, text]) => [path, { text, mode: '100644' }]),
  );
  const { result, ms } = timed(() =>
    applyEdits(tree, parseAnswer(test.answer, test.truncated ? { truncated: true } : {})),
  );
  const after = result.status === 'applied' ? applyChanges(tree, result.changes) : tree;
  return {
    accepted: result.status === 'applied',
    files: Object.fromEntries([...after].map(([path, { text }]) => [path, text])),
    ms,
  };
}

function timed<T>(run: () => T): { result: T; ms: number } {
  const once = (): { result: T; ms: number } => {
    const start = performance.now();
    return { result: run(), ms: performance.now() - start };
  };
  let best = once();
  for (let round = 1; round < RUNS; round += 1) {
    const next = once();
    if (next.ms < best.ms) best = next;
  }
  return best;
}

/** Runs a program in a folder of its own; paths may reach out of it, so it stands below an empty one. */
function inFolder(test: PatchCase, program: string, args: readonly string[]): Attempt {
  const root = mkdtempSync(join(tmpdir(), 'ptc-bench-patch-'));
  const folder = join(root, 'one', 'tree');
  try {
    mkdirSync(folder, { recursive: true });
    for (const [path, text] of Object.entries(test.files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const start = performance.now();
    const env = {
      PATH: process.env['PATH'],
      HOME: root,
      GIT_CEILING_DIRECTORIES: root,
      GIT_CONFIG_NOSYSTEM: '1',
    };
    const { status } = spawnSync(program, args, { cwd: folder, input: test.answer, timeout: 20_000, env });
    const ms = performance.now() - start;
    return { accepted: status === 0, files: readTree(root, folder), ms };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** All files below the root, those outside the tree with `../` in their name. */
function readTree(root: string, folder: string): Files {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const full = join(entry.parentPath, entry.name);
    if (entry.isFile()) files[relative(folder, full)] = readFileSync(full, 'utf8');
    else if (entry.isSymbolicLink()) files[relative(folder, full)] = 'a link';
  }
  return files;
}

function npmDiff(test: PatchCase, fuzzFactor: number): Attempt {
  const { result, ms } = timed(() => npmDiffOnce(test, fuzzFactor));
  return { accepted: result !== null, files: result ?? test.files, ms };
}

function npmDiffOnce(test: PatchCase, fuzzFactor: number): Files | null {
  const files: Record<string, string> = { ...test.files };
  try {
    const patches = parsePatch(test.answer);
    if (patches.length === 0) return null;
    for (const patch of patches) {
      const [from, to] = [patch.oldFileName, patch.newFileName].map((name) => name?.replace(/^[ab]\//, ''));
      if (from === undefined || to === undefined) return null;
      const result = applyPatch(from === '/dev/null' ? '' : (files[from] ?? ''), patch, { fuzzFactor });
      if (result === false) return null;
      if (to !== from && from !== '/dev/null') delete files[from];
      if (to !== '/dev/null') files[to] = result;
    }
    return files;
  } catch {
    return null;
  }
}
