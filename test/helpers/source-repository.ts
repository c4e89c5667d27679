import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

/** A real git repository with one commit, reachable over file://. */
export interface SourceRepository {
  readonly path: string;
  readonly url: string;
  readonly sha: string;
  remove(): Promise<void>;
}

const ENVIRONMENT = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
};

/** Standard output of git in a folder, without the last newline. */
export async function gitIn(path: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', args, { cwd: path, env: ENVIRONMENT });
  return stdout.replace(/\n$/, '');
}

/** @param files text by path; a path under `.git` lets a test plant things in the repository itself */
export async function sourceRepository(
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<SourceRepository> {
  const path = await mkdtemp(join(tmpdir(), 'ptc-source-'));
  await gitIn(path, 'init', '--quiet', '--template=', '-b', 'main');
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), content);
  }
  await gitIn(path, 'add', '--all', '--force');
  await gitIn(path, 'commit', '--quiet', '--allow-empty', '-m', 'The beginning');
  return {
    path,
    url: pathToFileURL(path).href,
    sha: await gitIn(path, 'rev-parse', 'HEAD'),
    remove: () => rm(path, { recursive: true, force: true }),
  };
}
