import { isUtf8 } from 'node:buffer';
import { PtcError } from '../domain/errors.ts';
import { type ChangedFile, FileMode } from '../protocol/runner-result.ts';
import { type FileChange } from './checks/proof/file-change.ts';
import { git, nulSeparated } from './git.ts';
import { type Repository } from './repository.ts';

/** More is no change that anybody reviews, and would not fit through the mailbox. */
const MAX_CHANGE_BYTES = 16 * 1024 * 1024;
/** What `cat-file` puts before and after one blob. */
const MAX_HEADER_BYTES = 80;

export interface Change {
  readonly files: readonly ChangedFile[];
  /** Git's own diff against the base, binaries included: `git apply` takes it. */
  readonly diff: string;
  /** Text before and after, for the proof. Binary files are left out: they cannot be had as text. */
  readonly texts: readonly FileChange[];
}

export const NO_CHANGE: Change = { files: [], diff: '', texts: [] };

/** One side of an entry; null is "not there". */
interface Side {
  readonly mode: string;
  readonly blob: string;
}

interface Entry {
  readonly path: string;
  readonly before: Side | null;
  readonly after: Side | null;
}

/**
 * What lies between the base and a git tree, read from git's objects and so exactly as it would be published.
 * @throws PtcError `change-too-large`, `submodule-changed`
 */
export async function readChange(
  { gitDir, baseSha }: Pick<Repository, 'gitDir' | 'baseSha'>,
  tree: string,
  signal: AbortSignal,
): Promise<Change> {
  const call = { gitDir, signal };
  const entries = parseRaw(await git(['diff-tree', '-r', '-z', '--no-renames', baseSha, tree], call));
  if (entries.length === 0) return NO_CHANGE;
  const blobs = [
    ...new Set(entries.flatMap(({ before, after }) => [before?.blob ?? [], after?.blob ?? []].flat())),
  ];
  const flags = ['-r', '-p', '-M', '--binary', '--full-index', '--no-ext-diff', '--no-textconv'];
  const [contents, diff] = await Promise.all([
    readBlobs(gitDir, blobs, signal),
    git(['diff-tree', ...flags, baseSha, tree], call),
  ]);
  return {
    files: entries.map((entry) => changedFile(entry, contents)),
    diff: diff.toString(),
    texts: entries.flatMap((entry) => textChange(entry, contents)),
  };
}

/** Entries are `:old-mode new-mode old-blob new-blob status NUL path NUL`. */
function parseRaw(output: Buffer): readonly Entry[] {
  const parts = nulSeparated(output);
  const entries: Entry[] = [];
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const [oldMode = '', newMode = '', oldBlob = '', newBlob = ''] = (parts[index] ?? '').slice(1).split(' ');
    const path = parts[index + 1] ?? '';
    if (oldMode === SUBMODULE || newMode === SUBMODULE) throw submoduleChanged(path);
    entries.push({ path, before: side(oldMode, oldBlob), after: side(newMode, newBlob) });
  }
  return entries;
}

const SUBMODULE = '160000';

const side = (mode: string, blob: string): Side | null => (mode === '000000' ? null : { mode, blob });

/** The blobs as `cat-file` gives them out; their sizes are asked for only when they are too much for it. */
async function readBounded(gitDir: string, blobs: readonly string[], signal: AbortSignal): Promise<Buffer> {
  const input = blobs.join('\n');
  const maxOutputBytes = MAX_CHANGE_BYTES + blobs.length * MAX_HEADER_BYTES;
  try {
    return await git(['cat-file', '--batch'], { gitDir, signal, input, maxOutputBytes });
  } catch (error) {
    signal.throwIfAborted();
    await assertSize(gitDir, blobs, signal);
    throw error;
  }
}

async function assertSize(gitDir: string, blobs: readonly string[], signal: AbortSignal): Promise<void> {
  const args = ['cat-file', '--batch-check=%(objectsize)'];
  const sizes = (await git(args, { gitDir, signal, input: blobs.join('\n') })).toString().trim().split('\n');
  const totalBytes = sizes.reduce((sum, size) => sum + Number(size), 0);
  if (totalBytes <= MAX_CHANGE_BYTES) return;
  throw new PtcError({
    code: 'change-too-large',
    message: `The changed files have ${totalBytes} bytes; at most ${MAX_CHANGE_BYTES} can be handed on.`,
    remedy: 'Ask for a smaller change.',
    retryable: false,
  });
}

async function readBlobs(
  gitDir: string,
  blobs: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Buffer>> {
  const output = await readBounded(gitDir, blobs, signal);
  const contents = new Map<string, Buffer>();
  let offset = 0;
  for (const blob of blobs) {
    // `<blob> blob <size>\n<content>\n`
    const start = output.indexOf(10, offset) + 1;
    const end = start + Number(output.subarray(offset, start).toString().split(' ')[2]);
    contents.set(blob, output.subarray(start, end));
    offset = end + 1;
  }
  return contents;
}

function changedFile({ path, before, after }: Entry, contents: ReadonlyMap<string, Buffer>): ChangedFile {
  const mode = FileMode.parse((after ?? before)?.mode);
  if (after === null) return { path, mode, content: null, encoding: 'utf-8' };
  const content = contents.get(after.blob) ?? Buffer.of();
  const encoding = isText(content) ? 'utf-8' : 'base64';
  return { path, mode, content: content.toString(encoding), encoding };
}

function textChange(
  { path, before, after }: Entry,
  contents: ReadonlyMap<string, Buffer>,
): readonly FileChange[] {
  const [old, now] = [before, after].map((each) =>
    each === null ? null : (contents.get(each.blob) ?? null),
  );
  if (![old, now].every((content) => content === null || content === undefined || isText(content))) return [];
  return [{ path, before: old?.toString() ?? null, after: now?.toString() ?? null }];
}

const isText = (content: Buffer): boolean => isUtf8(content) && !content.includes(0);

const submoduleChanged = (path: string): PtcError =>
  new PtcError({
    code: 'submodule-changed',
    message: `The change touches the submodule "${path}".`,
    remedy: 'Change the submodule in its own repository.',
    retryable: false,
  });
