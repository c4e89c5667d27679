import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { PtcError } from '../domain/errors.ts';
import { EMPTY_BASE_COMMIT } from '../protocol/empty-base.ts';
import { makeRepository, openRepository, type Repository } from './repository.ts';
import { type WorkspaceFolder } from './workspace-folder.ts';

/**
 * A repository for work that starts from nothing: its only commit holds no file, and is the same everywhere.
 * @param baseSha what the job takes that commit to be
 * @throws PtcError `base-mismatch`
 */
export async function makeEmptyBase(folder: WorkspaceFolder, baseSha: string): Promise<Repository> {
  const object = Buffer.from(`commit ${Buffer.byteLength(EMPTY_BASE_COMMIT)}\0${EMPTY_BASE_COMMIT}`);
  const sha = createHash('sha1').update(object).digest('hex');
  if (sha !== baseSha) throw baseMismatch(sha, baseSha);
  await makeRepository(folder);
  const path = join(folder.git, 'objects', sha.slice(0, 2), sha.slice(2));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, deflateSync(object));
  return openRepository(folder, sha);
}

const baseMismatch = (made: string, wanted: string): PtcError =>
  new PtcError({
    code: 'base-mismatch',
    message: `Work without a repository starts from commit ${made}, and the job names ${wanted}.`,
    remedy: 'Use a runner and a PTC Bot server of the same release.',
    retryable: false,
  });
