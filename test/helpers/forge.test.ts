import { execFile } from 'node:child_process';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/rest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AppHandle, type Forge, type RepositoryHandle, startForge } from './forge/index.ts';

const SECRET = 'webhook secret';
const SHOP = { owner: 'acme', repo: 'shop' };
const run = promisify(execFile);
const silent = { debug() {}, info() {}, warn() {}, error() {} };

interface Hook {
  readonly event: string;
  readonly guid: string;
  readonly isSigned: boolean;
  readonly payload: Readonly<Record<string, unknown>> & { readonly action: string };
}

let forge: Forge;
let app: AppHandle;
let installationId: number;
let shop: RepositoryHandle;
let bot: Octokit;
let receiver: Server;
let hooks: Hook[];
let hookStatus: number;

function connect(key = app.privateKey): Octokit {
  return new Octokit({
    baseUrl: forge.url,
    log: silent,
    authStrategy: createAppAuth,
    auth: { appId: app.appId, privateKey: key, installationId },
  });
}

const asApp = () =>
  new Octokit({
    baseUrl: forge.url,
    log: silent,
    authStrategy: createAppAuth,
    auth: { appId: app.appId, privateKey: app.privateKey },
  });
const asUser = (login: string) =>
  new Octokit({ baseUrl: forge.url, log: silent, auth: forge.userToken(login) });
const withToken = (auth: string) => new Octokit({ baseUrl: forge.url, log: silent, auth });

async function narrowToken(permissions: Record<string, string>, repositories?: string[]): Promise<string> {
  const { data } = await asApp().request('POST /app/installations/{installation_id}/access_tokens', {
    installation_id: installationId,
    permissions,
    ...(repositories ? { repositories } : {}),
  });
  return data.token;
}

async function startReceiver(): Promise<string> {
  receiver = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      const payload: Hook['payload'] = JSON.parse(text);
      const signature = `sha256=${createHmac('sha256', SECRET).update(text).digest('hex')}`;
      hooks.push({
        event: String(request.headers['x-github-event']),
        guid: String(request.headers['x-github-delivery']),
        isSigned: request.headers['x-hub-signature-256'] === signature,
        payload,
      });
      response.writeHead(hookStatus).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const address = receiver.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return `http://127.0.0.1:${address.port}/`;
}

const hookNames = async (): Promise<readonly string[]> => {
  await forge.settled();
  return hooks.map(({ event, payload }) => `${event}.${payload.action}`);
};

/** A commit on a new branch through the Git Data API, as the publish gate makes it. */
async function commitByApi(branch: string, files: Record<string, string | null>): Promise<string> {
  const base = await shop.headOf('main');
  if (base === undefined) throw new Error('no main');
  const tree = Object.entries(files).map(([name, content]) => ({
    path: name,
    mode: '100644' as const,
    type: 'blob' as const,
    ...(content === null ? { sha: null } : { content }),
  }));
  const { data: made } = await bot.git.createTree({ ...SHOP, base_tree: base, tree });
  const { data } = await bot.git.createCommit({
    ...SHOP,
    message: 'Fix it',
    tree: made.sha,
    parents: [base],
  });
  await bot.git.createRef({ ...SHOP, ref: `refs/heads/${branch}`, sha: data.sha });
  return data.sha;
}

async function inTempDir(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'forge-test-'));
  try {
    await use(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const gitUrl = (token: string, fullName = 'acme/shop') =>
  `${forge.url.replace('://', `://x-access-token:${token}@`)}/${fullName}.git`;

const gitEnv = { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_GLOBAL: '/dev/null' };
const git = async (...args: string[]) => (await run('git', args, { env: gitEnv })).stdout.trim();

beforeEach(async () => {
  hooks = [];
  hookStatus = 200;
  forge = await startForge();
  forge.addUser({ login: 'acme', type: 'Organization' });
  app = forge.addApp({ webhookSecret: SECRET });
  app.setWebhookUrl(await startReceiver());
  shop = await forge.addRepository({
    owner: 'acme',
    name: 'shop',
    files: {
      'README.md': '# Shop\n',
      'src/sum.ts': 'export const sum = 1;\n',
      'run.sh': { content: '#!/bin/sh\n', mode: '100755' },
    },
    collaborators: { olga: 'admin', alice: 'write', max: 'maintain', tim: 'triage', rita: 'read' },
  });
  installationId = forge.install(app, 'acme');
  bot = connect();
});

afterEach(async () => {
  await forge.close();
  receiver.closeAllConnections();
  receiver.close();
});

describe('authentication', () => {
  it('verifies the JWT of an App and refuses one signed with another key', async () => {
    expect((await asApp().rest.apps.getAuthenticated()).data?.slug).toBe('ptc-bot');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const stranger = connect(privateKey.export({ type: 'pkcs1', format: 'pem' }).toString());
    await expect(stranger.repos.get(SHOP)).rejects.toMatchObject({ status: 401 });
    expect(forge.violations).toEqual([]);
  });

  it('answers 401 to unknown and to expired tokens', async () => {
    await expect(withToken('ghs_unknown').repos.get(SHOP)).rejects.toMatchObject({
      status: 401,
      response: { data: { message: 'Bad credentials' } },
    });
    const token = await narrowToken({ contents: 'read' });
    await withToken(token).repos.get(SHOP);
    forge.expireTokens();
    await expect(withToken(token).repos.get(SHOP)).rejects.toMatchObject({ status: 401 });
  });

  it('holds a token to the permissions and repositories it was narrowed to', async () => {
    await forge.addRepository({ owner: 'acme', name: 'secret', files: { a: '1' }, private: true });
    const reader = withToken(await narrowToken({ contents: 'read' }, ['shop']));
    expect((await reader.repos.getContent({ ...SHOP, path: 'README.md' })).status).toBe(200);
    const blob = reader.git.createBlob({ ...SHOP, content: 'x' });
    await expect(blob).rejects.toMatchObject({ status: 403 });
    await expect(reader.issues.get({ ...SHOP, issue_number: 1 })).rejects.toMatchObject({ status: 403 });
    await expect(reader.repos.get({ owner: 'acme', repo: 'secret' })).rejects.toMatchObject({ status: 404 });
    const { data } = await reader.apps.listReposAccessibleToInstallation();
    expect(data.repositories.map(({ name }) => name)).toEqual(['shop']);
    await expect(narrowToken({ administration: 'write' })).rejects.toMatchObject({ status: 422 });
    await expect(narrowToken({}, ['nowhere'])).rejects.toMatchObject({ status: 422 });
    expect(forge.violations).toEqual([]);
  });

  it('finds the installations of an App', async () => {
    expect((await asApp().rest.apps.listInstallations()).data.map(({ id }) => id)).toEqual([installationId]);
    expect((await asApp().rest.apps.getRepoInstallation(SHOP)).data.id).toBe(installationId);
    await forge.addRepository({ owner: 'other', name: 'lib', files: { a: '1' } });
    const elsewhere = asApp().rest.apps.getRepoInstallation({ owner: 'other', repo: 'lib' });
    await expect(elsewhere).rejects.toMatchObject({ status: 404 });
    expect(forge.violations).toEqual([]);
  });

  it.each([
    ['olga', 'admin', 'admin'],
    ['max', 'write', 'maintain'],
    ['alice', 'write', 'write'],
    ['tim', 'read', 'triage'],
    ['rita', 'read', 'read'],
  ])('says that %s has the permission %s in the role %s', async (username, permission, role) => {
    const { data } = await bot.repos.getCollaboratorPermissionLevel({ ...SHOP, username });
    expect([data.permission, data.role_name]).toEqual([permission, role]);
    expect(forge.violations).toEqual([]);
  });

  it('lets people do what their role allows', async () => {
    await asUser('rita').issues.create({ ...SHOP, title: 'Broken', labels: ['ptc:build'] });
    expect((await bot.issues.get({ ...SHOP, issue_number: 1 })).data.labels).toEqual([]);
    const label = { ...SHOP, issue_number: 1, labels: ['ptc:build'] };
    await expect(asUser('rita').issues.addLabels(label)).rejects.toMatchObject({ status: 403 });
    await asUser('tim').issues.addLabels(label);
    await expect(asUser('tim').git.createBlob({ ...SHOP, content: '' })).rejects.toMatchObject({
      status: 403,
    });
    expect((await asUser('rita').users.getAuthenticated()).data.login).toBe('rita');
    expect((await bot.users.getByUsername({ username: 'ptc-bot[bot]' })).data.type).toBe('Bot');
    expect(forge.violations).toEqual([]);
  });
});

describe('contents', () => {
  it('gives files, raw bytes, folders, and 404 as GitHub words it', async () => {
    const file = await bot.repos.getContent({ ...SHOP, path: 'src/sum.ts', ref: 'main' });
    expect(file.data).toMatchObject({ type: 'file', encoding: 'base64', path: 'src/sum.ts', size: 22 });
    const raw = await bot.repos.getContent({ ...SHOP, path: 'src/sum.ts', mediaType: { format: 'raw' } });
    expect(raw.data).toBe('export const sum = 1;\n');
    expect((await bot.repos.getContent({ ...SHOP, path: 'src' })).data).toMatchObject([{ name: 'sum.ts' }]);
    await expect(bot.repos.getContent({ ...SHOP, path: 'src/none.ts' })).rejects.toMatchObject({
      status: 404,
      response: { data: { message: 'Not Found', status: '404' } },
    });
    expect(forge.violations).toEqual([]);
  });

  it('gives branches and compares them', async () => {
    const sha = await commitByApi('ptc/1-fix', {
      'src/sum.ts': 'export const sum = 2;\n',
      'README.md': null,
    });
    expect((await bot.repos.getBranch({ ...SHOP, branch: 'ptc/1-fix' })).data.commit.sha).toBe(sha);
    const { data } = await bot.repos.compareCommitsWithBasehead({ ...SHOP, basehead: 'main...ptc/1-fix' });
    expect(data).toMatchObject({ status: 'ahead', ahead_by: 1, behind_by: 0 });
    expect(data.files?.map(({ filename, status }) => [filename, status])).toEqual([
      ['README.md', 'removed'],
      ['src/sum.ts', 'modified'],
    ]);
    expect((await bot.repos.getCommit({ ...SHOP, ref: 'ptc/1-fix' })).data.commit.message).toBe('Fix it');
    await expect(bot.repos.getBranch({ ...SHOP, branch: 'none' })).rejects.toMatchObject({ status: 404 });
    expect(forge.violations).toEqual([]);
  });
});

describe('the Git Data API', () => {
  it('makes trees and commits with the SHAs that git gives them', async () => {
    const sha = await commitByApi('fix', {
      'src/sum.ts': '2\n',
      'src/new/deep.ts': 'new\n',
      'README.md': null,
    });
    expect(await shop.headOf('fix')).toBe(sha);
    expect(await shop.filesAt('fix')).toEqual({
      'run.sh': '#!/bin/sh\n',
      'src/new/deep.ts': 'new\n',
      'src/sum.ts': '2\n',
    });
    expect(await shop.git('ls-tree', 'fix', 'run.sh')).toMatch(/^100755 /);
    expect(await shop.git('fsck', '--strict')).toBe('');
    expect(forge.violations).toEqual([]);
  });

  it('replaces a file by a folder, takes binaries as blobs and whole trees by SHA', async () => {
    const bytes = Buffer.from([0, 1, 2, 255]);
    const { data: blob } = await bot.git.createBlob({
      ...SHOP,
      content: bytes.toString('base64'),
      encoding: 'base64',
    });
    const { data: back } = await bot.git.getBlob({ ...SHOP, file_sha: blob.sha });
    expect(Buffer.from(back.content, 'base64')).toEqual(bytes);
    const folder = await shop.git('rev-parse', 'main:src');
    const { data: tree } = await bot.git.createTree({
      ...SHOP,
      base_tree: 'main',
      tree: [
        { path: 'README.md/inner.bin', mode: '100644', type: 'blob', sha: blob.sha },
        { path: 'copy', mode: '040000', type: 'tree', sha: folder },
      ],
    });
    const { data: all } = await bot.git.getTree({ ...SHOP, tree_sha: tree.sha, recursive: '1' });
    const blobs = all.tree.filter(({ type }) => type === 'blob').map((item) => item.path);
    expect(blobs).toEqual(['README.md/inner.bin', 'copy/sum.ts', 'run.sh', 'src/sum.ts']);
    expect(forge.violations).toEqual([]);
  });

  it('shows a commit of the App as verified only while author and committer are left to GitHub', async () => {
    const parent = (await shop.headOf('main')) ?? '';
    const tree = await shop.git('rev-parse', 'main^{tree}');
    const commit = { ...SHOP, message: 'm', tree, parents: [parent] };
    const { data: signed } = await bot.git.createCommit(commit);
    expect(signed.verification.verified).toBe(true);
    expect([signed.author.name, signed.committer.name]).toEqual(['ptc-bot[bot]', 'GitHub']);
    const author = { name: 'Alice', email: 'alice@example.org' };
    expect((await bot.git.createCommit({ ...commit, author })).data.verification.verified).toBe(false);
    const { data: again } = await bot.git.getCommit({ ...SHOP, commit_sha: signed.sha });
    expect(again.verification).toMatchObject({ verified: true, reason: 'valid' });
    expect(forge.violations).toEqual([]);
  });

  it('refuses refs that exist, that are no fast-forward, or point nowhere', async () => {
    const first = await commitByApi('one', { a: '1' });
    const other = await commitByApi('two', { b: '1' });
    const create = (sha: string) => bot.git.createRef({ ...SHOP, ref: 'refs/heads/one', sha });
    await expect(create(first)).rejects.toMatchObject({
      status: 422,
      response: { data: { message: 'Reference already exists' } },
    });
    const update = { ...SHOP, ref: 'heads/one', sha: other };
    await expect(bot.git.updateRef(update)).rejects.toMatchObject({ status: 422 });
    await bot.git.updateRef({ ...update, force: true });
    expect(await shop.headOf('one')).toBe(other);
    await expect(bot.git.updateRef({ ...update, sha: '1'.repeat(40) })).rejects.toMatchObject({
      status: 422,
    });
    await bot.git.deleteRef({ ...SHOP, ref: 'heads/one' });
    await expect(bot.git.getRef({ ...SHOP, ref: 'heads/one' })).rejects.toMatchObject({ status: 404 });
    await expect(bot.git.deleteRef({ ...SHOP, ref: 'heads/one' })).rejects.toMatchObject({ status: 422 });
    expect((await bot.git.listMatchingRefs({ ...SHOP, ref: 'heads/' })).data).toHaveLength(2);
    expect(forge.violations).toEqual([]);
  });

  it.each(['/abs', '../up', 'a//b', '.git/config', 'x/.GIT/y'])(
    'refuses the path %s in a tree',
    async (bad) => {
      const tree = [{ path: bad, mode: '100644' as const, type: 'blob' as const, content: '' }];
      await expect(bot.git.createTree({ ...SHOP, tree })).rejects.toMatchObject({ status: 422 });
    },
  );
});

describe('issues', () => {
  it('keeps texts, labels, comments and reactions, and tells about each with a signed webhook', async () => {
    const alice = asUser('alice');
    await alice.issues.create({ ...SHOP, title: 'Sum is wrong', body: 'It says 1.' });
    await alice.issues.addLabels({ ...SHOP, issue_number: 1, labels: ['ptc:build'] });
    await alice.issues.update({ ...SHOP, issue_number: 1, body: 'It says 2.' });
    const { data: comment } = await bot.issues.createComment({ ...SHOP, issue_number: 1, body: 'On it.' });
    await bot.issues.updateComment({ ...SHOP, comment_id: comment.id, body: 'Done.' });
    await bot.issues.removeLabel({ ...SHOP, issue_number: 1, name: 'ptc:build' });
    await bot.issues.update({ ...SHOP, issue_number: 1, state: 'closed' });
    expect(await hookNames()).toEqual([
      'issues.opened',
      'issues.labeled',
      'issues.edited',
      'issue_comment.created',
      'issue_comment.edited',
      'issues.unlabeled',
      'issues.closed',
    ]);
    expect(hooks.every(({ isSigned }) => isSigned)).toBe(true);
    expect(hooks[1]?.payload).toMatchObject({
      label: { name: 'ptc:build' },
      issue: { number: 1 },
      installation: { id: installationId },
      sender: { login: 'alice', type: 'User' },
    });
    expect(hooks[3]?.payload).toMatchObject({
      sender: { type: 'Bot' },
      comment: { user: { login: 'ptc-bot[bot]' } },
    });
    const { data: comments } = await bot.issues.listComments({ ...SHOP, issue_number: 1 });
    expect(comments.map(({ body }) => body)).toEqual(['Done.']);
    expect(forge.violations).toEqual([]);
  });

  it('counts a reaction once, on issues and on comments', async () => {
    await forge.as('alice', 'POST', '/repos/acme/shop/issues', { title: 'x' });
    const { data: comment } = await bot.issues.createComment({ ...SHOP, issue_number: 1, body: 'y' });
    const onIssue = { ...SHOP, issue_number: 1, content: 'eyes' as const };
    expect((await bot.reactions.createForIssue(onIssue)).status).toBe(201);
    expect((await bot.reactions.createForIssue(onIssue)).status).toBe(200);
    await bot.reactions.createForIssueComment({ ...SHOP, comment_id: comment.id, content: 'rocket' });
    expect((await bot.reactions.listForIssue({ ...SHOP, issue_number: 1 })).data).toHaveLength(1);
    const { data: reacted } = await bot.issues.getComment({ ...SHOP, comment_id: comment.id });
    expect(reacted.reactions).toMatchObject({ rocket: 1, total_count: 1 });
    expect(forge.violations).toEqual([]);
  });

  it('pages with Link headers', async () => {
    await forge.as('alice', 'POST', '/repos/acme/shop/issues', { title: 'x' });
    for (const body of ['1', '2', '3']) await bot.issues.createComment({ ...SHOP, issue_number: 1, body });
    const all = await bot.paginate(bot.issues.listComments, { ...SHOP, issue_number: 1, per_page: 2 });
    expect(all.map(({ body }) => body)).toEqual(['1', '2', '3']);
    expect(forge.violations).toEqual([]);
  });

  it("holds texts to GitHub's limits", async () => {
    const [longest, longer] = ['x'.repeat(65_536), 'x'.repeat(65_537)];
    await bot.issues.create({ ...SHOP, title: 't'.repeat(256), body: longest });
    const refused = { status: 422 };
    await expect(bot.issues.create({ ...SHOP, title: 'x', body: longer })).rejects.toMatchObject(refused);
    await expect(bot.issues.create({ ...SHOP, title: 't'.repeat(257) })).rejects.toMatchObject(refused);
    const comment = (body: string) => bot.issues.createComment({ ...SHOP, issue_number: 1, body });
    await comment(longest);
    await expect(comment(longer)).rejects.toMatchObject(refused);
    await expect(comment(' ')).rejects.toMatchObject(refused);
    expect(forge.violations).toEqual([]);
  });
});

describe('pull requests', () => {
  const open = { ...SHOP, head: 'ptc/1-fix', base: 'main', title: 'Fix the sum' };

  it('opens a draft, lists it by its head, shows its files, makes it ready, closes it', async () => {
    const sha = await commitByApi('ptc/1-fix', { 'src/sum.ts': 'export const sum = 2;\n' });
    const { data: pull } = await bot.pulls.create({ ...open, body: 'Closes #1', draft: true });
    expect(pull).toMatchObject({ draft: true, commits: 1, additions: 1, deletions: 1, mergeable: true });
    expect(pull.head.sha).toBe(sha);
    const { data: listed } = await bot.pulls.list({ ...SHOP, head: 'acme:ptc/1-fix', state: 'open' });
    expect(listed.map(({ number }) => number)).toEqual([pull.number]);
    const { data: files } = await bot.pulls.listFiles({ ...SHOP, pull_number: pull.number });
    expect(files[0]?.patch).toBe('@@ -1 +1 @@\n-export const sum = 1;\n+export const sum = 2;');
    await bot.graphql(
      'mutation($id: ID!) { markPullRequestReadyForReview(input: {pullRequestId: $id}) { pullRequest { isDraft } } }',
      { id: pull.node_id },
    );
    const { data: closed } = await bot.pulls.update({ ...SHOP, pull_number: pull.number, state: 'closed' });
    expect(closed).toMatchObject({ draft: false, state: 'closed' });
    expect(await hookNames()).toEqual([
      'pull_request.opened',
      'pull_request.ready_for_review',
      'pull_request.closed',
    ]);
    expect(forge.violations).toEqual([]);
  });

  it('refuses a missing head, a missing base, a second one, and one without commits', async () => {
    await commitByApi('ptc/1-fix', { a: '1' });
    await expect(bot.pulls.create({ ...open, head: 'none' })).rejects.toMatchObject({
      status: 422,
      response: { data: { errors: [{ field: 'head', code: 'invalid' }] } },
    });
    await expect(bot.pulls.create({ ...open, base: 'none' })).rejects.toMatchObject({ status: 422 });
    await bot.pulls.create(open);
    await expect(bot.pulls.create(open)).rejects.toMatchObject({
      response: { data: { errors: [{ message: 'A pull request already exists for acme:ptc/1-fix.' }] } },
    });
    await shop.git('branch', 'same', 'main');
    await expect(bot.pulls.create({ ...open, head: 'same' })).rejects.toMatchObject({
      response: { data: { errors: [{ message: 'No commits between main and same' }] } },
    });
    expect(forge.violations).toEqual([]);
  });

  it('follows its branch, wherever the commit comes from, and closes when the branch goes', async () => {
    const before = await commitByApi('ptc/1-fix', { a: '1' });
    const { data: pull } = await bot.pulls.create(open);
    const after = await shop.commit('ptc/1-fix', { a: '2' }, 'More');
    expect((await bot.pulls.get({ ...SHOP, pull_number: pull.number })).data.head.sha).toBe(after);
    expect(await shop.git('rev-parse', `refs/pull/${pull.number}/head`)).toBe(after);
    await bot.git.deleteRef({ ...SHOP, ref: 'heads/ptc/1-fix' });
    expect(await hookNames()).toEqual([
      'pull_request.opened',
      'pull_request.synchronize',
      'pull_request.closed',
    ]);
    expect(hooks[1]?.payload).toMatchObject({ before, after });
    expect((await bot.pulls.get({ ...SHOP, pull_number: pull.number })).data.state).toBe('closed');
    expect(forge.violations).toEqual([]);
  });

  it('comes from a fork, with comments that say they are on a pull request', async () => {
    const fork = await forge.fork('acme/shop', 'rita');
    const sha = await fork.commit('idea', { idea: 'x' }, 'An idea');
    const { data: pull } = await asUser('rita').pulls.create({ ...open, head: 'rita:idea' });
    expect(pull.head).toMatchObject({
      sha,
      label: 'rita:idea',
      repo: { full_name: 'rita/shop', fork: true },
    });
    const { data: diff } = await bot.repos.compareCommitsWithBasehead({
      ...SHOP,
      basehead: 'main...rita:idea',
      mediaType: { format: 'diff' },
    });
    expect(diff).toEqual(expect.stringContaining('+++ b/idea'));
    await asUser('alice').issues.createComment({ ...SHOP, issue_number: pull.number, body: '/ptc build' });
    await forge.settled();
    expect(hooks.at(-1)).toMatchObject({
      event: 'issue_comment',
      payload: { issue: { pull_request: { url: `${forge.url}/repos/acme/shop/pulls/${pull.number}` } } },
    });
    expect(forge.violations).toEqual([]);
  });
});

describe('check runs', () => {
  it('are made by Apps, completed by a conclusion, and listed for their commit', async () => {
    const head = (await shop.headOf('main')) ?? '';
    const { data: check } = await bot.checks.create({
      ...SHOP,
      name: 'PTC',
      head_sha: head,
      status: 'in_progress',
    });
    const done = { ...SHOP, check_run_id: check.id, output: { title: 'Green', summary: 'All passed' } };
    await bot.checks.update({ ...done, conclusion: 'success' });
    const { data } = await bot.checks.listForRef({ ...SHOP, ref: 'main', app_id: app.appId });
    expect(data.check_runs).toMatchObject([
      { status: 'completed', conclusion: 'success', output: { title: 'Green' } },
    ]);
    const unknown = bot.checks.create({ ...SHOP, name: 'PTC', head_sha: '1'.repeat(40) });
    await expect(unknown).rejects.toMatchObject({ status: 422 });
    const byPerson = asUser('alice').checks.create({ ...SHOP, name: 'PTC', head_sha: head });
    await expect(byPerson).rejects.toMatchObject({ status: 403 });
    expect(forge.violations).toEqual([]);
  });
});

describe('git over HTTP', () => {
  it('clones with a read token, refuses its push, and lets a writer push into a pull request', async () => {
    await commitByApi('ptc/1-fix', { a: '1' });
    const { data: pull } = await bot.pulls.create({ ...SHOP, head: 'ptc/1-fix', base: 'main', title: 'x' });
    const reader = gitUrl(await narrowToken({ contents: 'read' }, ['shop']));
    const writer = gitUrl(await narrowToken({ contents: 'write' }, ['shop']));
    await inTempDir(async (dir) => {
      await git('clone', '--quiet', '--depth', '1', '--branch', 'ptc/1-fix', reader, dir);
      const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org'];
      await git('-C', dir, ...who, 'commit', '--quiet', '--allow-empty', '-m', 'More');
      await expect(git('-C', dir, 'push', '--quiet', reader, 'HEAD:ptc/1-fix')).rejects.toThrow('403');
      await git('-C', dir, 'push', '--quiet', writer, 'HEAD:ptc/1-fix');
      const pushed = await git('-C', dir, 'rev-parse', 'HEAD');
      expect((await bot.pulls.get({ ...SHOP, pull_number: pull.number })).data.head.sha).toBe(pushed);
    });
    expect(await hookNames()).toContain('pull_request.synchronize');
    expect(forge.violations).toEqual([]);
  });

  it('hides private repositories and refuses expired tokens', async () => {
    await forge.addRepository({ owner: 'acme', name: 'secret', files: { a: '1' }, private: true });
    const token = await narrowToken({ contents: 'read' }, ['secret']);
    const list = (url: string) => git('ls-remote', '--heads', url);
    expect(await list(gitUrl(token, 'acme/secret'))).toContain('refs/heads/main');
    const elsewhere = await narrowToken({ contents: 'read' }, ['shop']);
    await expect(list(gitUrl(elsewhere, 'acme/secret'))).rejects.toThrow('not found');
    await expect(list(`${forge.url}/acme/secret.git`)).rejects.toThrow('Username');
    forge.expireTokens();
    await expect(list(gitUrl(token, 'acme/secret'))).rejects.toThrow('Authentication failed');
  });
});

describe('deliveries', () => {
  it('that failed are listed and made again under the same GUID', async () => {
    hookStatus = 500;
    await forge.as('alice', 'POST', '/repos/acme/shop/issues', { title: 'x' });
    await forge.settled();
    const { data: failed } = await asApp().rest.apps.listWebhookDeliveries({ status: 'failure' });
    expect(failed).toMatchObject([
      { event: 'issues', action: 'opened', status_code: 500, redelivery: false },
    ]);
    hookStatus = 200;
    await asApp().rest.apps.redeliverWebhookDelivery({ delivery_id: failed[0]?.id ?? 0 });
    await forge.settled();
    expect(hooks.map(({ guid }) => guid)).toEqual([failed[0]?.guid, failed[0]?.guid]);
    const { data: all } = await asApp().rest.apps.listWebhookDeliveries();
    expect(all.map(({ status_code: code, redelivery }) => [code, redelivery])).toEqual([
      [200, true],
      [500, false],
    ]);
    expect(forge.violations).toEqual([]);
  });

  it('to nobody are failures too', async () => {
    app.setWebhookUrl('http://127.0.0.1:1/');
    await forge.as('alice', 'POST', '/repos/acme/shop/issues', { title: 'x' });
    await forge.settled();
    expect(forge.deliveries).toMatchObject([{ statusCode: 502, status: 'failed to connect to host' }]);
  });
});
