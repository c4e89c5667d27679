/** GitHub's Git Data API over the real repository: refs, blobs, trees, commits. */
import { ApiError, invalidField, notFound } from './api-error.ts';
import { type Handlers, type RepositoryCall, bodyOf, created, noContent, ok } from './call.ts';
import { GITHUB_COMMITTER, noreplyAddress, presentGitCommit, readCommit } from './commits.ts';
import { type JsonObject } from './contract-schema.ts';
import {
  GitFailed,
  type Signature,
  type TreeChange,
  git,
  gitBytes,
  isAncestor,
  readRefs,
  readTree,
  resolveObject,
  writeBlob,
  writeCommit,
  writeTree,
} from './git.ts';
import { apiUrl, nodeId } from './present.ts';
import { now } from './store.ts';

const NO_OBJECT = '0'.repeat(40);
const MAX_BLOB_BYTES = 100 * 1024 * 1024;

function presentRef(
  { context, repository }: RepositoryCall,
  name: string,
  sha: string,
  type: string,
): JsonObject {
  const api = apiUrl(context.store, repository);
  return {
    ref: name,
    node_id: `${nodeId('REF', repository.id)}:${name}`,
    url: `${api}/git/${name}`,
    object: { type, sha, url: `${api}/git/${type}s/${sha}` },
  };
}

async function findRef(call: RepositoryCall): Promise<readonly [string, string, string] | undefined> {
  const wanted = `refs/${String(call.params['ref'])}`;
  return (await readRefs(call.repository.dir, wanted)).find(([name]) => name === wanted);
}

/** Moves a ref only from the value that was checked, so two writers cannot both win. */
async function moveRef(call: RepositoryCall, name: string, to: string, from: string): Promise<void> {
  const args = to === NO_OBJECT ? ['-d', name, from] : [name, to, from];
  try {
    await git(call.repository.dir, ['update-ref', ...args]);
  } catch (error) {
    if (error instanceof GitFailed) throw new ApiError(422, 'Reference update failed');
    throw error;
  }
  await call.context.refsChanged(call.repository, call.actor);
}

async function requireTarget(call: RepositoryCall, name: string, sha: string): Promise<void> {
  const isCommit = (await resolveObject(call.repository.dir, sha, 'commit')) === sha;
  const isObject = isCommit || (await resolveObject(call.repository.dir, sha, 'object')) === sha;
  if (!isObject || (name.startsWith('refs/heads/') && !isCommit)) {
    throw new ApiError(422, 'Object does not exist');
  }
}

const refHandlers: Handlers<RepositoryCall> = {
  'git/get-ref': async (call) => {
    const found = await findRef(call);
    if (found === undefined) throw notFound();
    return ok(presentRef(call, ...found));
  },
  'git/list-matching-refs': async (call) => {
    const prefix = `refs/${String(call.params['ref'])}`;
    const refs = await readRefs(call.repository.dir, 'refs/');
    return ok(refs.filter(([name]) => name.startsWith(prefix)).map((ref) => presentRef(call, ...ref)));
  },
  'git/create-ref': async (call) => {
    const { ref, sha } = bodyOf<{ ref: string; sha: string }>(call);
    if (!/^refs\/[^/]+\/./.test(ref)) {
      throw new ApiError(422, "Reference name must start with 'refs' and contain at least two slashes.");
    }
    await requireTarget(call, ref, sha);
    const { dir } = call.repository;
    if ((await readRefs(dir, ref)).some(([name]) => name === ref)) {
      throw new ApiError(422, 'Reference already exists');
    }
    await moveRef(call, ref, sha, NO_OBJECT);
    return created(presentRef(call, ref, sha, await git(dir, ['cat-file', '-t', sha])));
  },
  'git/update-ref': async (call) => {
    const { sha, force = false } = bodyOf<{ sha: string; force?: boolean }>(call);
    const found = await findRef(call);
    if (found === undefined) throw new ApiError(422, 'Reference does not exist');
    const [name, current] = found;
    await requireTarget(call, name, sha);
    if (!force && !(await isAncestor(call.repository.dir, current, sha))) {
      throw new ApiError(422, 'Update is not a fast forward');
    }
    await moveRef(call, name, sha, current);
    return ok(presentRef(call, name, sha, await git(call.repository.dir, ['cat-file', '-t', sha])));
  },
  'git/delete-ref': async (call) => {
    const found = await findRef(call);
    if (found === undefined) throw new ApiError(422, 'Reference does not exist');
    const [name, current] = found;
    await moveRef(call, name, NO_OBJECT, current);
    return noContent;
  },
};

const blobHandlers: Handlers<RepositoryCall> = {
  'git/create-blob': async (call) => {
    const { content, encoding = 'utf-8' } = bodyOf<{ content: string; encoding?: string }>(call);
    const bytes = Buffer.from(content, encoding === 'base64' ? 'base64' : 'utf8');
    if (bytes.length > MAX_BLOB_BYTES) throw invalidField('Blob', 'data', 'too_large');
    const sha = await writeBlob(call.repository.dir, bytes);
    return created({ sha, url: `${apiUrl(call.context.store, call.repository)}/git/blobs/${sha}` });
  },
  'git/get-blob': async (call) => {
    const { dir } = call.repository;
    const sha = await resolveObject(dir, String(call.params['file_sha']), 'blob');
    if (sha === undefined) throw notFound();
    const bytes = await gitBytes(dir, ['cat-file', 'blob', sha]);
    if (/\braw\b/.test(call.accept)) {
      return {
        status: 200,
        body: bytes,
        headers: { 'content-type': 'application/vnd.github.raw; charset=utf-8' },
      };
    }
    return ok({
      sha,
      node_id: nodeId('B', call.repository.id) + sha,
      size: bytes.length,
      url: `${apiUrl(call.context.store, call.repository)}/git/blobs/${sha}`,
      content: bytes.toString('base64'),
      encoding: 'base64',
    });
  },
};

interface TreeEntry {
  readonly path?: string;
  readonly mode?: string;
  readonly type?: string;
  readonly sha?: string | null;
  readonly content?: string;
}

const MALFORMED = /^$|^\/|\/$|\/\/|(^|\/)(\.{1,2}|\.git)(\/|$)/i;

async function checkEntry(dir: string, entry: TreeEntry): Promise<TreeChange> {
  const { path, mode, sha, content } = entry;
  if (path === undefined || MALFORMED.test(path)) {
    throw new ApiError(422, 'tree.path contains a malformed path component');
  }
  if (mode === undefined) throw new ApiError(422, 'Must supply a valid tree.mode');
  if (sha === undefined && content === undefined) {
    throw new ApiError(422, 'Must supply either tree.sha or tree.content');
  }
  if (sha !== undefined && content !== undefined) {
    throw new ApiError(422, 'Must supply either tree.sha or tree.content, not both');
  }
  if (typeof sha === 'string' && mode !== '160000') {
    const type = mode === '040000' ? 'tree' : 'blob';
    if ((await resolveObject(dir, sha, type)) !== sha) {
      throw new ApiError(422, `tree.sha ${sha} is not a valid ${type}`);
    }
  }
  return { path, mode, ...(sha === undefined ? { content: content ?? '' } : { sha }) };
}

async function presentTree(call: RepositoryCall, sha: string, recursive: boolean): Promise<JsonObject> {
  const api = apiUrl(call.context.store, call.repository);
  const items = await readTree(call.repository.dir, sha, recursive);
  return {
    sha,
    url: `${api}/git/trees/${sha}`,
    truncated: false,
    tree: items.map(({ path, mode, type, sha: object, size }) => ({
      path,
      mode,
      type,
      sha: object,
      ...(size === undefined ? {} : { size }),
      ...(type === 'commit' ? {} : { url: `${api}/git/${type}s/${object}` }),
    })),
  };
}

const treeHandlers: Handlers<RepositoryCall> = {
  'git/create-tree': async (call) => {
    const { tree, base_tree: base } = bodyOf<{ tree: readonly TreeEntry[]; base_tree?: string }>(call);
    const { dir } = call.repository;
    const baseSha = base === undefined ? undefined : await resolveObject(dir, base, 'tree');
    if (base !== undefined && baseSha === undefined) throw notFound();
    const changes = await Promise.all(tree.map((entry) => checkEntry(dir, entry)));
    const known = baseSha === undefined ? [] : await readTree(dir, baseSha, true);
    const paths = new Set(known.map(({ path }) => path));
    if (changes.some(({ sha, path }) => sha === null && !paths.has(path))) {
      throw new ApiError(422, 'GitRPC::BadObjectState');
    }
    return created(await presentTree(call, await writeTree(dir, baseSha, changes), false));
  },
  'git/get-tree': async (call) => {
    const sha = await resolveObject(call.repository.dir, String(call.params['tree_sha']), 'tree');
    if (sha === undefined) throw notFound();
    return ok(await presentTree(call, sha, call.query['recursive'] !== undefined));
  },
};

interface CommitBody {
  readonly message: string;
  readonly tree: string;
  readonly parents?: readonly string[];
  readonly author?: Partial<Signature>;
  readonly committer?: Partial<Signature>;
}

const commitHandlers: Handlers<RepositoryCall> = {
  'git/create-commit': async (call) => {
    const { message, tree, parents = [], author, committer } = bodyOf<CommitBody>(call);
    const { dir, signedCommits } = call.repository;
    if ((await resolveObject(dir, tree, 'tree')) !== tree) throw new ApiError(422, 'Tree SHA does not exist');
    for (const parent of parents) {
      if ((await resolveObject(dir, parent, 'commit')) !== parent) {
        throw new ApiError(422, 'Parent SHA does not exist or is not a commit object');
      }
    }
    // GitHub signs what a bot commits, but only while the bot leaves author and committer to it.
    const signs = call.app !== undefined && author === undefined && committer === undefined;
    const caller = { name: call.actor.login, email: noreplyAddress(call.actor), date: now() };
    const wrote = { ...caller, ...author };
    const sha = await writeCommit(dir, {
      message,
      tree,
      parents,
      author: wrote,
      committer: signs ? { ...GITHUB_COMMITTER, date: now() } : { ...wrote, ...committer },
    });
    if (signs) signedCommits.add(sha);
    return created(
      presentGitCommit(call.context.store, call.repository, await readCommit(call.repository, sha)),
    );
  },
  'git/get-commit': async (call) => {
    const sha = await resolveObject(call.repository.dir, String(call.params['commit_sha']), 'commit');
    if (sha === undefined) throw notFound();
    return ok(presentGitCommit(call.context.store, call.repository, await readCommit(call.repository, sha)));
  },
};

export const gitDataHandlers: Handlers<RepositoryCall> = {
  ...refHandlers,
  ...blobHandlers,
  ...treeHandlers,
  ...commitHandlers,
};
