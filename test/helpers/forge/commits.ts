/** Commits and the difference between two of them, as GitHub shows them. */
import { type JsonObject } from './contract-schema.ts';
import { type CommitObject, type Signature, gitBytes, readCommits } from './git.ts';
import { apiUrl, htmlUrl, nodeId, presentUser } from './present.ts';
import { type Repository, type Store, type User } from './store.ts';

export const noreplyAddress = (user: User): string => `${user.id}+${user.login}@users.noreply.github.com`;

/** What GitHub writes as committer of everything it commits itself. */
export const GITHUB_COMMITTER = { name: 'GitHub', email: 'noreply@github.com' } as const;

export async function readCommit(repository: Repository, sha: string): Promise<CommitObject> {
  const [commit] = await readCommits(repository.dir, ['-1', sha]);
  if (commit === undefined) throw new Error(`no commit ${sha}`);
  return commit;
}

function verificationOf(repository: Repository, commit: CommitObject): JsonObject {
  if (!repository.signedCommits.has(commit.sha)) {
    return { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null };
  }
  return {
    verified: true,
    reason: 'valid',
    signature: '-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----\n',
    payload: `tree ${commit.tree}\n`,
    verified_at: commit.committer.date,
  };
}

/** The shape of the Git Data API. */
export function presentGitCommit(store: Store, repository: Repository, commit: CommitObject): JsonObject {
  const [api, html] = [apiUrl(store, repository), htmlUrl(store, repository)];
  return {
    sha: commit.sha,
    node_id: nodeId('C', repository.id) + commit.sha,
    url: `${api}/git/commits/${commit.sha}`,
    html_url: `${html}/commit/${commit.sha}`,
    author: commit.author,
    committer: commit.committer,
    message: commit.message,
    tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${api}/git/commits/${sha}`,
      html_url: `${html}/commit/${sha}`,
    })),
    verification: verificationOf(repository, commit),
  };
}

function accountOf(store: Store, { email }: Signature): JsonObject | null {
  const user = [...store.users.values()].find((candidate) => noreplyAddress(candidate) === email);
  return user ? presentUser(store, user) : null;
}

/** The shape of the repository's own API, with the accounts behind author and committer. */
export function presentCommit(store: Store, repository: Repository, commit: CommitObject): JsonObject {
  const [api, html] = [apiUrl(store, repository), htmlUrl(store, repository)];
  const url = `${api}/commits/${commit.sha}`;
  return {
    url,
    sha: commit.sha,
    node_id: nodeId('C', repository.id) + commit.sha,
    html_url: `${html}/commit/${commit.sha}`,
    comments_url: `${url}/comments`,
    commit: {
      url: `${api}/git/commits/${commit.sha}`,
      author: commit.author,
      committer: commit.committer,
      message: commit.message,
      comment_count: 0,
      tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
      verification: verificationOf(repository, commit),
    },
    author: accountOf(store, commit.author),
    committer: accountOf(store, commit.committer),
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${api}/commits/${sha}`,
      html_url: `${html}/commit/${sha}`,
    })),
  };
}

interface FileChange {
  readonly status: string;
  readonly path: string;
  readonly previousPath: string | undefined;
  readonly sha: string;
}

const STATUS: Readonly<Record<string, string>> = {
  A: 'added',
  D: 'removed',
  M: 'modified',
  R: 'renamed',
  C: 'copied',
  T: 'changed',
};

/** `git diff --raw -z`: ":mode mode sha sha status", then one path, or two for a rename. */
function parseRaw(text: string): readonly FileChange[] {
  const fields = text.split('\0');
  const changes: FileChange[] = [];
  for (let index = 0; index < fields.length - 1;) {
    const [, , oldSha = '', newSha = '', status = ''] = (fields[index] ?? '').split(' ');
    const letter = status.charAt(0);
    const isPair = letter === 'R' || letter === 'C';
    changes.push({
      status: STATUS[letter] ?? 'modified',
      path: fields[index + (isPair ? 2 : 1)] ?? '',
      previousPath: isPair ? fields[index + 1] : undefined,
      sha: letter === 'D' ? oldSha : newSha,
    });
    index += isPair ? 3 : 2;
  }
  return changes;
}

export function diffText(repository: Repository, from: string, to: string): Promise<Buffer> {
  return gitBytes(repository.dir, ['diff', '--find-renames', '--full-index', from, to, '--']);
}

/** GitHub's list of files between two commits. */
export async function presentFiles(
  store: Store,
  repository: Repository,
  from: string,
  to: string,
): Promise<readonly JsonObject[]> {
  const raw = await gitBytes(repository.dir, [
    'diff',
    '--raw',
    '--find-renames',
    '--abbrev=40',
    '-z',
    from,
    to,
    '--',
  ]);
  const sections = (await diffText(repository, from, to)).toString().split(/^(?=diff --git )/m);
  const [api, html] = [apiUrl(store, repository), htmlUrl(store, repository)];
  return parseRaw(raw.toString()).map((change, index) => {
    const section = sections[index] ?? '';
    const start = section.search(/^@@ /m);
    const patch = start === -1 ? undefined : section.slice(start).replace(/\n$/, '');
    const lines = patch?.split('\n') ?? [];
    const additions = lines.filter((line) => line.startsWith('+')).length;
    const deletions = lines.filter((line) => line.startsWith('-')).length;
    const location = change.path.split('/').map(encodeURIComponent).join('/');
    return {
      sha: change.sha,
      filename: change.path,
      status: change.status,
      additions,
      deletions,
      changes: additions + deletions,
      blob_url: `${html}/blob/${to}/${location}`,
      raw_url: `${html}/raw/${to}/${location}`,
      contents_url: `${api}/contents/${location}?ref=${to}`,
      ...(patch === undefined ? {} : { patch }),
      ...(change.previousPath === undefined ? {} : { previous_filename: change.previousPath }),
    };
  });
}
