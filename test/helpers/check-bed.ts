import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { type CheckCommands } from '../../src/protocol/runner-job.ts';
import { type CheckPlace, type CommandDone } from '../../src/runner/checks/check-place.ts';
import { findChecks } from '../../src/runner/checks/find-checks.ts';
import { packagesFor } from '../../src/runner/checks/packages-for.ts';
import { type Baseline, openBaseChecks } from '../../src/runner/checks/proof/base-checks.ts';
import { type FileChange } from '../../src/runner/checks/proof/file-change.ts';
import { prove } from '../../src/runner/checks/proof/prove.ts';
import { setUpTree } from '../../src/runner/checks/set-up-tree.ts';
import { type Proof } from '../../src/protocol/proof.ts';
import { plainCommands } from './plain-commands.ts';

export type Files = Readonly<Record<string, string>>;

export const NO_COMMANDS: CheckCommands = { setup: null, test: null, lint: null, typecheck: null };

/** The `node_modules` this repository itself is tested with. */
export const OWN_MODULES = resolve(import.meta.dirname, '../../node_modules');

/** A folder that is gone after the test. */
export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ptc-checks-'));
  onTestFinished(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}

export async function writeFiles(tree: string, files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), content);
  }
}

export async function makeTree(files: Files): Promise<string> {
  const tree = await makeFolder();
  await writeFiles(tree, files);
  return tree;
}

export async function makePlace(
  tree: string,
  extra: Partial<CheckPlace> = {},
): Promise<CheckPlace & { readonly done: readonly CommandDone[] }> {
  const done: CommandDone[] = [];
  return {
    tree,
    reports: join(await makeFolder(), 'reports'),
    commands: plainCommands(),
    timeoutMs: 120_000,
    signal: new AbortController().signal,
    onCommand: (command) => done.push(command),
    done,
    ...extra,
  };
}

export interface Story {
  readonly base: Files;
  /** Files of the change; null deletes one. */
  readonly change: Readonly<Record<string, string | null>>;
  readonly checks?: Partial<CheckCommands>;
  readonly place?: Partial<CheckPlace>;
  /** Gives both trees this repository's own packages, in place of an install. */
  readonly ownModules?: boolean;
}

export interface Told {
  readonly proof: Proof;
  readonly baseline: Baseline;
  readonly baseTree: string;
  /** Commands as `<tree>: <command>`, in order. */
  readonly commands: readonly string[];
}

/** Runs the baseline and the proof of a change, each in a real folder. */
export async function tellProof(story: Story): Promise<Told> {
  const baseTree = await makeTree(story.base);
  const headTree = await makeFolder();
  await cp(baseTree, headTree, { recursive: true });
  for (const [path, content] of Object.entries(story.change)) {
    await (content === null ? rm(join(headTree, path)) : writeFiles(headTree, { [path]: content }));
  }
  if (story.ownModules === true) {
    for (const tree of [baseTree, headTree]) await symlink(OWN_MODULES, join(tree, 'node_modules'));
  }
  const changes = Object.entries(story.change).map(([path, after]): FileChange => ({
    path,
    before: story.base[path] ?? null,
    after,
  }));
  const place = await makePlace(baseTree, story.place);
  const commands: string[] = [];
  const note = (tree: string) => (done: CommandDone) => {
    commands.push(`${tree}: ${done.command}`);
  };
  const found = await findChecks(baseTree, { ...NO_COMMANDS, ...story.checks });
  const packages = packagesFor(found, Object.keys(story.change));
  const baseline = await openBaseChecks({ ...place, onCommand: note('base') }).run(packages);
  const headSetup = await setUpTree(packages, { ...place, tree: headTree, onCommand: note('proof') });
  const { reports, timeoutMs, signal } = place;
  const input = {
    reports,
    commands: place.commands,
    timeoutMs,
    signal,
    baseline,
    baseTree,
    headTree,
    headSetup,
    changes,
  };
  const proof = await prove({ ...input, onCommand: (done) => note(done.tree)(done) });
  return { proof, baseline, baseTree, commands };
}

export function isThere(tree: string, path: string): boolean {
  return existsSync(join(tree, path));
}
