import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { giveFolder } from '../../../../src/runner/command/command-folders.ts';
import { readTreeFile } from '../../../../src/runner/checks/tree-file.ts';
import { type Attack, byCommand, byEffect, GOT_IN, OWN_USER, type Scene, SIGN } from './attack.ts';
import { CANARY } from './host.ts';

/** Attacks on files: what is written where, and who is made to read or write it. */
export const FILES: readonly Attack[] = [
  byEffect({
    name: "write in the runner's home",
    why: 'not shown, or its owner’s alone',
    open: OWN_USER,
    command: ({ host }) => `touch ${host.home}/.profile`,
    gotIn: (_end, { host }) => existsSync(join(host.home, '.profile')),
  }),
  byEffect({
    name: 'write in the workspace beside the tree',
    why: 'not the real folder, or its owner’s alone',
    open: OWN_USER,
    command: ({ bed }) => `touch ${bed.root}/planted`,
    gotIn: (_end, { bed }) => existsSync(join(bed.root, 'planted')),
  }),
  byCommand({
    name: 'change another tree of the run, or read it',
    why: 'not shown, or closed to commands of other trees',
    open: OWN_USER,
    command: async ({ bed }) => {
      const other = join(bed.root, 'trees', 'other');
      await bed.commands.prepareFolder(other);
      return `(touch ${other}/planted || ls ${other}) && ${GOT_IN}`;
    },
  }),
  byCommand({
    name: 'forge the report of another check',
    why: 'not shown, or closed to other commands',
    open: OWN_USER,
    command: async ({ bed }) => {
      const reports = join(bed.root, 'reports', 'other');
      await bed.commands.prepareFolder(reports);
      return `echo x >${reports}/report.json && ${GOT_IN}`;
    },
  }),
  byCommand({
    name: 'read the tree of another run',
    why: 'not shown, or closed to the users of other runs',
    open: OWN_USER,
    command: async ({ bed, host }) => {
      const tree = join(host.home, 'other-run');
      const isRoot = process.getuid?.() === 0;
      await giveFolder(tree, host.home, isRoot ? { uid: 60_800, gid: 60_800, isShared: false } : null);
      await fs.writeFile(join(tree, 'text'), CANARY, { mode: 0o644 });
      return `cd ${bed.tree}; grep -q ${CANARY} ${tree}/text && ${GOT_IN}`;
    },
  }),
  inGitTree({
    name: 'plant a hook or a setting in `.git`',
    why: '`.git` is read-only, or the runner’s',
    open: OWN_USER,
    command: `echo x >.git/hooks/post-commit || echo x >>.git/config; [ -e .git/hooks/post-commit ] && ${GOT_IN}`,
  }),
  inGitTree({
    name: 'put another `.git` in the place of the one there is',
    why: 'it is mounted, or the folder is sticky',
    open: OWN_USER,
    command: `mv .git old && mkdir .git && ${GOT_IN}`,
  }),
  byCommand({
    name: 'write through a link that leads out of the tree',
    why: 'links lead nowhere else than names do',
    open: OWN_USER,
    command: ({ bed, host }) =>
      `cd ${bed.tree}; ln -sfn ${host.home} way-out; echo x >way-out/through && ${GOT_IN}`,
  }),
  byEffect({
    name: 'have the runner read a file of its own through a planted link',
    why: 'the runner opens no links in a tree',
    open: {},
    command: ({ bed }) => `ln -sfn ${bed.root}/job.json peek.json; ln -sfn ${bed.root} folder`,
    gotIn: async (_end, { bed }) => {
      const texts = ['peek.json', 'folder/job.json'].map((path) => readTreeFile(bed.tree, path));
      return (await Promise.all(texts)).some((text) => text !== null);
    },
  }),
  byEffect({
    name: 'have a file of the runner handed over by a hard link to it',
    why: 'not shown, or refused by the kernel; and files with more than one name are never handed over',
    open: OWN_USER,
    command: ({ bed }) => `ln ${bed.root}/job.json mine; grep -q ${CANARY} mine && ${GOT_IN}; true`,
    gotIn: async ({ output }, { bed }) => {
      await bed.commands.prepareFolder(bed.tree);
      const isHandedOver = statSync(join(bed.root, 'job.json')).uid !== process.getuid?.();
      await fs.rm(join(bed.tree, 'mine'), { force: true });
      return output.includes(SIGN) || isHandedOver;
    },
  }),
  byEffect({
    name: 'poison the home of later commands (`~/.npmrc`)',
    why: 'every command has an empty home of its own',
    open: {},
    command: async ({ bed }) => {
      await bed.run('echo x >~/.npmrc; echo x >~/.bashrc');
      return `[ -e ~/.npmrc ] && ${GOT_IN}; true`;
    },
    gotIn: ({ output }) => output.includes(SIGN),
  }),
  leftInSharedFolders(),
];

interface GitAttack extends Pick<Attack, 'name' | 'why' | 'open'> {
  readonly command: string;
}

function inGitTree({ command, ...row }: GitAttack): Attack {
  return {
    ...row,
    async tryAt({ bed }) {
      const tree = join(bed.root, 'trees', `git-${randomUUID()}`);
      execFileSync('git', ['init', '-q', tree]);
      await bed.commands.prepareFolder(tree);
      return (await bed.run(command, { tree })).output.includes(SIGN);
    },
    onItself: null,
  };
}

function leftInSharedFolders(): Attack {
  const name = `ptc-left-${randomUUID()}`;
  const paths = ['/tmp', '/var/tmp', '/dev/shm'].map((folder) => join(folder, name));
  return {
    name: 'leave something in /tmp or /dev/shm for other users',
    why: 'these are the command’s own under bubblewrap',
    open: { cgroup: 'everyUser', searched: 'everyUser', none: 'ownUser' },
    async tryAt({ bed }: Scene) {
      await bed.run(`touch ${paths.join(' ')}`);
      const left = paths.filter((path) => existsSync(path));
      for (const path of left) await fs.rm(path);
      return left.length > 0;
    },
    onItself: null,
  };
}
