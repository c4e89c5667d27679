/** The repository itself: contents, branches, commits, comparisons, who may do what. */
import { ApiError, notFound } from './api-error.ts';
import { type Handlers, type Reply, type RepositoryCall, ok } from './call.ts';
import { diffText, presentCommit, presentFiles, readCommit } from './commits.ts';
import { type JsonObject } from './contract-schema.ts';
import { type TreeItem, git, gitBytes, readCommits, readFolder, readTree, resolveObject } from './git.ts';
import { apiUrl, htmlUrl, presentRepository, presentUser } from './present.ts';
import { fetchCommit } from './pull-sync.ts';
import { type Repository, type Role, type Store, findRepository, findUser, roleOf } from './store.ts';

const MAX_JSON_CONTENT_BYTES = 1024 * 1024;
const CONTENT_TYPES: Readonly<Record<string, string>> = { tree: 'dir', commit: 'submodule', blob: 'file' };

function presentEntry(call: RepositoryCall, entry: TreeItem, path: string, ref: string): JsonObject {
  const [api, html] = [
    apiUrl(call.context.store, call.repository),
    htmlUrl(call.context.store, call.repository),
  ];
  const location = path.split('/').map(encodeURIComponent).join('/');
  const url = `${api}/contents/${location}?ref=${encodeURIComponent(ref)}`;
  const gitUrl = `${api}/git/${entry.type === 'tree' ? 'trees' : 'blobs'}/${entry.sha}`;
  const page = `${html}/${entry.type === 'tree' ? 'tree' : 'blob'}/${ref}/${location}`;
  return {
    type: entry.mode === '120000' ? 'symlink' : (CONTENT_TYPES[entry.type] ?? 'file'),
    size: entry.size ?? 0,
    name: path.split('/').at(-1) ?? '',
    path,
    sha: entry.sha,
    url,
    git_url: gitUrl,
    html_url: page,
    download_url: entry.type === 'blob' ? `${html}/raw/${ref}/${location}` : null,
    _links: { self: url, git: gitUrl, html: page },
  };
}

async function fileReply(call: RepositoryCall, entry: TreeItem, path: string, ref: string): Promise<Reply> {
  const shown = presentEntry(call, entry, path, ref);
  if (entry.type === 'commit') return ok({ ...shown, submodule_git_url: shown['html_url'] });
  const bytes = await gitBytes(call.repository.dir, ['cat-file', 'blob', entry.sha]);
  if (/\braw\b/.test(call.accept)) {
    return {
      status: 200,
      body: bytes,
      headers: { 'content-type': 'application/vnd.github.raw; charset=utf-8' },
    };
  }
  if (entry.mode === '120000') return ok({ ...shown, target: bytes.toString() });
  const isLarge = bytes.length > MAX_JSON_CONTENT_BYTES;
  return ok({
    ...shown,
    encoding: isLarge ? 'none' : 'base64',
    content: isLarge ? '' : bytes.toString('base64').replaceAll(/.{60}/g, '$&\n'),
  });
}

async function getContent(call: RepositoryCall): Promise<Reply> {
  const { repository } = call;
  const ref = String(call.query['ref'] ?? repository.defaultBranch);
  const path = String(call.params['path']).replace(/\/$/, '');
  const commit = await resolveObject(repository.dir, ref, 'commit');
  if (commit === undefined) throw new ApiError(404, `No commit found for the ref ${ref}`);
  const folder = path.split('/').slice(0, -1).join('/');
  const siblings = await readFolder(repository.dir, commit, folder);
  const entry = siblings.find((item) => item.path === path.split('/').at(-1));
  if (entry === undefined) throw notFound();
  if (entry.type !== 'tree') return fileReply(call, entry, path, ref);
  const children = await readTree(repository.dir, entry.sha, false);
  return ok(children.map((child) => presentEntry(call, child, `${path}/${child.path}`, ref)));
}

/** GitHub's older word for a role. */
const PERMISSION: Readonly<Record<Role, string>> = {
  admin: 'admin',
  maintain: 'write',
  write: 'write',
  triage: 'read',
  read: 'read',
};

function getPermission(call: RepositoryCall): Reply {
  const { store } = call.context;
  const user = findUser(store, String(call.params['username']));
  if (user === undefined) throw notFound();
  const role = roleOf(call.repository, user) ?? (call.repository.isPrivate ? undefined : 'read');
  const permission = role === undefined ? 'none' : PERMISSION[role];
  const can = (...roles: readonly Role[]) => role !== undefined && roles.includes(role);
  return ok({
    permission,
    role_name: role ?? 'none',
    user: {
      ...presentUser(store, user),
      role_name: role ?? 'none',
      permissions: {
        pull: role !== undefined,
        triage: can('triage', 'write', 'maintain', 'admin'),
        push: can('write', 'maintain', 'admin'),
        maintain: can('maintain', 'admin'),
        admin: can('admin'),
      },
    },
  });
}

async function getBranch(call: RepositoryCall): Promise<Reply> {
  const { context, repository, params } = call;
  const name = String(params['branch']);
  const sha = await resolveObject(repository.dir, `refs/heads/${name}`);
  if (sha === undefined) throw new ApiError(404, 'Branch not found');
  const self = `${apiUrl(context.store, repository)}/branches/${encodeURIComponent(name)}`;
  return ok({
    name,
    commit: presentCommit(context.store, repository, await readCommit(repository, sha)),
    _links: { self, html: `${htmlUrl(context.store, repository)}/tree/${name}` },
    protected: false,
    protection: {
      enabled: false,
      required_status_checks: { enforcement_level: 'off', contexts: [], checks: [] },
    },
    protection_url: `${self}/protection`,
  });
}

/** A commit by branch, tag or SHA; `owner:branch` means the fork of that owner, fetched so that both can meet. */
async function resolveSide(store: Store, repository: Repository, side: string): Promise<string> {
  const [, owner, branch = side] = /^([^:]+):(.+)$/.exec(side) ?? [];
  const source =
    owner === undefined || owner.toLowerCase() === repository.owner.login.toLowerCase()
      ? repository
      : findRepository(store, owner, repository.name);
  const sha = source && (await resolveObject(source.dir, branch));
  if (source === undefined || sha === undefined) throw notFound();
  await fetchCommit(repository, source, sha);
  return sha;
}

function statusOf(ahead: number, behind: number): string {
  if (ahead > 0) return behind > 0 ? 'diverged' : 'ahead';
  return behind > 0 ? 'behind' : 'identical';
}

async function compare(call: RepositoryCall): Promise<Reply> {
  const { repository, context } = call;
  const { store } = context;
  const [baseName = '', headName] = String(call.params['basehead']).split('...');
  if (headName === undefined) throw notFound();
  const base = await resolveSide(store, repository, baseName);
  const head = await resolveSide(store, repository, headName);
  const mergeBase = await git(repository.dir, ['merge-base', base, head]);
  if (/\bdiff\b/.test(call.accept)) {
    const headers = { 'content-type': 'application/vnd.github.diff; charset=utf-8' };
    return { status: 200, body: await diffText(repository, mergeBase, head), headers };
  }
  const ahead = await readCommits(repository.dir, ['--reverse', `${base}..${head}`]);
  const behind = Number(await git(repository.dir, ['rev-list', '--count', `${head}..${base}`]));
  const commitOf = async (sha: string) => presentCommit(store, repository, await readCommit(repository, sha));
  const page = `${htmlUrl(store, repository)}/compare/${baseName}...${headName}`;
  return ok({
    url: `${apiUrl(store, repository)}/compare/${baseName}...${headName}`,
    html_url: page,
    permalink_url: `${htmlUrl(store, repository)}/compare/${base}...${head}`,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    base_commit: await commitOf(base),
    merge_base_commit: await commitOf(mergeBase),
    status: statusOf(ahead.length, behind),
    ahead_by: ahead.length,
    behind_by: behind,
    total_commits: ahead.length,
    commits: ahead.map((commit) => presentCommit(store, repository, commit)),
    files: await presentFiles(store, repository, mergeBase, head),
  });
}

async function getCommit(call: RepositoryCall): Promise<Reply> {
  const { repository, context } = call;
  const ref = String(call.params['ref']);
  const sha = await resolveObject(repository.dir, ref);
  if (sha === undefined) throw new ApiError(422, `No commit found for SHA: ${ref}`);
  return ok(presentCommit(context.store, repository, await readCommit(repository, sha)));
}

export const repositoryHandlers: Handlers<RepositoryCall> = {
  'repos/get': ({ context, repository }) =>
    ok({
      ...presentRepository(context.store, repository),
      subscribers_count: 0,
      network_count: 0,
      ...(repository.parent
        ? {
            parent: presentRepository(context.store, repository.parent),
            source: presentRepository(context.store, repository.parent),
          }
        : {}),
    }),
  'repos/get-content': getContent,
  'repos/get-collaborator-permission-level': getPermission,
  'repos/get-branch': getBranch,
  'repos/get-commit': getCommit,
  'repos/compare-commits-with-basehead': compare,
};
