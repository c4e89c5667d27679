/** Real bare repositories, by git's own plumbing. Knows nothing of GitHub. */
import { spawn } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface TreeChange {
  readonly path: string;
  readonly mode: string;
  /** An existing object, or null to delete the path; otherwise `content` is written. */
  readonly sha?: string | null;
  readonly content?: string | Uint8Array;
}

export interface TreeItem {
  readonly mode: string;
  readonly type: string;
  readonly sha: string;
  readonly size: number | undefined;
  readonly path: string;
}

export interface Signature {
  readonly name: string;
  readonly email: string;
  /** ISO 8601. */
  readonly date: string;
}

export interface CommitObject {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}

export class GitFailed extends Error {
  readonly exitCode: number | null;
  constructor(args: readonly string[], exitCode: number | null, stderr: string) {
    super(`git ${args.join(' ')} exited with ${exitCode}: ${stderr.trim()}`);
    this.exitCode = exitCode;
  }
}

/** Nothing of the machine's git configuration or of a surrounding git process reaches the forge. */
export function gitEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: tmpdir(),
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    ...extra,
  };
}

export interface GitOptions {
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}

/** Standard output as bytes. Throws `GitFailed`. */
export function gitBytes(dir: string, args: readonly string[], options: GitOptions = {}): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['--git-dir', dir, ...args], { env: gitEnvironment(options.env) });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(out));
      else reject(new GitFailed(args, code, Buffer.concat(err).toString()));
    });
    child.stdin.on('error', () => {}); // git may end before it has read everything; its exit code tells
    child.stdin.end(options.input ?? '');
  });
}

/** Standard output as text without the last newline. */
export async function git(dir: string, args: readonly string[], options: GitOptions = {}): Promise<string> {
  return (await gitBytes(dir, args, options)).toString().replace(/\n$/, '');
}

/** Undefined where git says no. */
export async function tryGit(dir: string, args: readonly string[]): Promise<string | undefined> {
  try {
    return await git(dir, args);
  } catch (error) {
    if (error instanceof GitFailed) return undefined;
    throw error;
  }
}

/** What GitHub's own servers allow: pushes over HTTP, partial clones, any commit; refs/pull is theirs alone. */
const SERVER_CONFIG = `
[http]
	receivepack = true
[uploadpack]
	allowFilter = true
	allowAnySHA1InWant = true
[receive]
	hideRefs = refs/pull
	autogc = false
[gc]
	auto = 0
`;

export async function initBare(dir: string, defaultBranch: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  await git(dir, ['init', '--quiet', '--bare', '--template=', '-b', defaultBranch]);
  await appendFile(path.join(dir, 'config'), SERVER_CONFIG);
}

export async function cloneBare(from: string, to: string): Promise<void> {
  await git(from, ['clone', '--quiet', '--bare', '--template=', from, to]);
  await appendFile(path.join(to, 'config'), SERVER_CONFIG);
}

async function inTempDir<T>(use: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(path.join(tmpdir(), 'forge-tree-'));
  try {
    return await use(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** One process for any number of blobs; SHAs in the order of `contents`. */
async function writeBlobs(
  dir: string,
  contents: readonly (string | Uint8Array)[],
  temp: string,
): Promise<readonly string[]> {
  if (contents.length === 0) return [];
  const files = contents.map((_content, index) => path.join(temp, `blob-${index}`));
  for (const [index, content] of contents.entries()) await writeFile(files[index] ?? '', content);
  const args = ['hash-object', '-w', '--no-filters', '--stdin-paths'];
  return (await git(dir, args, { input: `${files.join('\n')}\n` })).split('\n');
}

export async function writeBlob(dir: string, content: string | Uint8Array): Promise<string> {
  return git(dir, ['hash-object', '-w', '--no-filters', '--stdin'], { input: content });
}

/** The tree that `changes` make of `baseTree`; its SHA. Throws `GitFailed`. */
export async function writeTree(
  dir: string,
  baseTree: string | undefined,
  changes: readonly TreeChange[],
): Promise<string> {
  return inTempDir(async (temp) => {
    const env = { GIT_INDEX_FILE: path.join(temp, 'index') };
    if (baseTree !== undefined) await git(dir, ['read-tree', baseTree], { env });
    const inline = changes.filter((change) => change.sha === undefined);
    const written = await writeBlobs(
      dir,
      inline.map((change) => change.content ?? ''),
      temp,
    );
    const lines = changes
      .filter((change) => change.mode !== '040000')
      .map((change) => {
        const sha = change.sha === undefined ? written[inline.indexOf(change)] : change.sha;
        return sha === null ? `0 ${'0'.repeat(40)}\t${change.path}` : `${change.mode} ${sha}\t${change.path}`;
      });
    const input = lines.map((line) => `${line}\0`).join('');
    if (lines.length > 0) await git(dir, ['update-index', '--replace', '-z', '--index-info'], { env, input });
    const inFolder = { env: { ...env, GIT_WORK_TREE: temp } }; // these two insist on a work tree, and leave it alone
    for (const { path: prefix, sha } of changes.filter((change) => change.mode === '040000')) {
      await git(dir, ['rm', '--cached', '-r', '-q', '--ignore-unmatch', '--', prefix], inFolder);
      if (typeof sha === 'string') await git(dir, ['read-tree', `--prefix=${prefix}/`, sha], inFolder);
    }
    return git(dir, ['write-tree'], { env });
  });
}

const gitDate = (iso: string): string => {
  const zone = /([+-]\d\d):?(\d\d)$/.exec(iso);
  return `${Math.floor(Date.parse(iso) / 1000)} ${zone ? `${zone[1]}${zone[2]}` : '+0000'}`;
};

/** Writes exactly this commit: unlike commit-tree it adds no newline to the message, as GitHub adds none. */
export async function writeCommit(dir: string, commit: Omit<CommitObject, 'sha'>): Promise<string> {
  const person = ({ name, email, date }: Signature) => `${name} <${email}> ${gitDate(date)}`;
  const text = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${person(commit.author)}`,
    `committer ${person(commit.committer)}`,
    '',
    commit.message,
  ].join('\n');
  return git(dir, ['hash-object', '-w', '-t', 'commit', '--stdin'], { input: text });
}

const COMMIT_FORMAT = ['%H', '%T', '%P', '%an', '%ae', '%aI', '%cn', '%ce', '%cI', '%B'].join('%x00');

function parseCommit(text: string): CommitObject {
  const [
    sha = '',
    tree = '',
    parents = '',
    an = '',
    ae = '',
    ad = '',
    cn = '',
    ce = '',
    cd = '',
    message = '',
  ] = text.split('\0');
  const utc = (date: string) => new Date(date).toISOString().replace('.000Z', 'Z');
  return {
    sha,
    tree,
    parents: parents.split(' ').filter((parent) => parent !== ''),
    author: { name: an, email: ae, date: utc(ad) },
    committer: { name: cn, email: ce, date: utc(cd) },
    message: message.replace(/\n$/, ''),
  };
}

/** The commits of `git log <args>`, newest first. */
export async function readCommits(dir: string, args: readonly string[]): Promise<readonly CommitObject[]> {
  const text = await git(dir, ['log', `--format=${COMMIT_FORMAT}%x00%x01`, ...args, '--']);
  return text
    .split('\0\u0001')
    .map((entry) => entry.replace(/^\n/, ''))
    .filter((entry) => entry !== '')
    .map(parseCommit);
}

export async function readTree(
  dir: string,
  treeish: string,
  recursive: boolean,
): Promise<readonly TreeItem[]> {
  const args = ['ls-tree', '-z', '--long', ...(recursive ? ['-r', '-t'] : []), treeish];
  const text = (await gitBytes(dir, args)).toString();
  return text
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => {
      const [head = '', ...name] = line.split('\t');
      const [mode = '', type = '', sha = '', size = '-'] = head.split(/ +/);
      return { mode, type, sha, size: size === '-' ? undefined : Number(size), path: name.join('\t') };
    });
}

/** What lies directly in a folder of a commit ('' is the root); nothing where there is no such folder. */
export async function readFolder(dir: string, commit: string, folder: string): Promise<readonly TreeItem[]> {
  try {
    return await readTree(dir, `${commit}:${folder}`, false);
  } catch (error) {
    if (error instanceof GitFailed) return [];
    throw error;
  }
}

/** The SHA of `revision` as an object of this type, or undefined. */
export async function resolveObject(
  dir: string,
  revision: string,
  type: 'commit' | 'tree' | 'blob' | 'object' = 'commit',
): Promise<string | undefined> {
  if (revision.startsWith('-')) return undefined;
  return tryGit(dir, ['rev-parse', '--quiet', '--verify', '--end-of-options', `${revision}^{${type}}`]);
}

export async function isAncestor(dir: string, ancestor: string, descendant: string): Promise<boolean> {
  return (await tryGit(dir, ['merge-base', '--is-ancestor', ancestor, descendant])) !== undefined;
}

/** Every ref below `prefix` as [name, SHA, type]. */
export async function readRefs(
  dir: string,
  prefix: string,
): Promise<readonly (readonly [name: string, sha: string, type: string])[]> {
  const text = await git(dir, ['for-each-ref', '--format=%(refname) %(objectname) %(objecttype)', prefix]);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [name = '', sha = '', type = ''] = line.split(' ');
      return [name, sha, type] as const;
    });
}
