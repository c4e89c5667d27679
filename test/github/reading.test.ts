import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Place } from '../../src/run/ports.ts';
import { type ForgeBed, openForgeBed, placeOf, problemOf } from './forge-bed.ts';

let bed: ForgeBed;
beforeAll(async () => {
  bed = await openForgeBed();
});
afterAll(async () => {
  expect(bed.github.violations).toEqual([]);
  await bed.close();
});

describe('who the App is', () => {
  test('is its bot user, asked for once', async () => {
    const forge = await bed.connect();
    const first = await forge.identity();
    expect(first).toEqual({ id: expect.any(Number), login: bed.app.botLogin });
    const before = bed.github.requests.length;
    expect(await forge.identity()).toEqual(first);
    expect(bed.github.requests.length).toBe(before);
  });

  test('cannot be said before it is installed anywhere', async () => {
    const forge = await bed.connect(bed.github.addApp({ webhookSecret: 'x', slug: 'lonely' }));
    expect(await problemOf(forge.identity())).toMatchObject({ code: 'app-not-installed' });
  });
});

describe('what a person may do', () => {
  test.each(['admin', 'maintain', 'write', 'triage', 'read'] as const)(
    'a collaborator with %s',
    async (role) => {
      const { place } = await bed.repository(undefined, { collaborators: { [`the-${role}`]: role } });
      expect(await bed.forge.permissionOf(place, `the-${role}`)).toBe(role);
    },
  );

  test('a stranger may read a public repository, nothing in a private one, and nobody nothing', async () => {
    bed.github.addUser({ login: 'stranger' });
    const open = await bed.repository();
    const closed = await bed.repository(undefined, { private: true });
    expect(await bed.forge.permissionOf(open.place, 'stranger')).toBe('read');
    expect(await bed.forge.permissionOf(closed.place, 'stranger')).toBe('none');
    expect(await bed.forge.permissionOf(open.place, 'never-seen')).toBe('none');
  });

  test('a role the organization made counts as what it is based on', async () => {
    const { place } = await bed.repository();
    const body = { permission: 'write', role_name: 'release-captain', user: null };
    bed.github.on(
      ({ operationId }) => operationId === 'repos/get-collaborator-permission-level',
      { status: 200, body },
      { times: 1 },
    );
    expect(await bed.forge.permissionOf(place, 'captain')).toBe('write');
  });
});

describe('the repository of a name', () => {
  test('comes with the installation that may work on it, as GitHub spells it', async () => {
    const { place, repo } = await bed.repository(undefined, { private: true, defaultBranch: 'trunk' });
    const found = await bed.forge.repository(repo.fullName.toUpperCase());

    expect(found).toEqual({
      installationId: place.installationId,
      repository: { ...place.repository, private: true, defaultBranch: 'trunk' },
    });
  });

  test('is nobody’s where the App is not installed, when it is gone, and when it takes no changes', async () => {
    const { repo: archived } = await bed.repository(undefined, { archived: true });
    const elsewhere = await bed.github.addRepository({ owner: 'others', name: 'theirs', files: { a: 'a' } });

    for (const name of [archived.fullName, elsewhere.fullName, 'acme/nothing', 'nobody/nothing']) {
      expect(await bed.forge.repository(name)).toBeNull();
    }
  });

  test('cannot be said while GitHub fails', async () => {
    const { repo } = await bed.repository();
    bed.github.on(
      ({ operationId }) => operationId === 'apps/get-repo-installation',
      { status: 502, body: {} },
      { times: 3 },
    );
    expect(await problemOf(bed.forge.repository(repo.fullName))).toMatchObject({
      code: 'github-unavailable',
      retryable: true,
    });
  });
});

describe('files of the repository', () => {
  test('the settings are those of the default branch', async () => {
    const { place, repo } = await bed.repository({ '.github/ptc.yml': 'test: npm test # ü\n' });
    await repo.commit('other', { '.github/ptc.yml': 'test: evil\n' }, 'Other');
    expect(await bed.forge.settingsText(place)).toBe('test: npm test # ü\n');
  });

  test('there are no settings without the file, or when it is a folder', async () => {
    const without = await bed.repository();
    const folder = await bed.repository({ '.github/ptc.yml/x': 'x' });
    expect(await bed.forge.settingsText(without.place)).toBeNull();
    expect(await bed.forge.settingsText(folder.place)).toBeNull();
  });

  test('settings of absurd size are a typed error', async () => {
    const { place } = await bed.repository({ '.github/ptc.yml': '#'.repeat(70_000) });
    expect(await problemOf(bed.forge.settingsText(place))).toMatchObject({ code: 'settings-too-large' });
  });

  test.each([
    ['.github/pull_request_template.md'],
    ['.github/PULL_REQUEST_TEMPLATE.md'],
    ['PULL_REQUEST_TEMPLATE.txt'],
    ['docs/Pull_Request_Template.md'],
    ['docs/pull_request_template'],
  ])('the pull request template is found at %s', async (path) => {
    const { place } = await bed.repository({ 'README.md': 'x', [path]: '## What\n' });
    expect(await bed.forge.pullRequestTemplate(place)).toBe('## What\n');
  });

  test('the template in .github comes before the others', async () => {
    const { place } = await bed.repository({
      '.github/pull_request_template.md': 'first',
      'pull_request_template.md': 'second',
    });
    expect(await bed.forge.pullRequestTemplate(place)).toBe('first');
  });

  test('there is no template without one', async () => {
    const { place } = await bed.repository({ 'pull_request_template.md.bak': 'x', 'docs/README.md': 'x' });
    expect(await bed.forge.pullRequestTemplate(place)).toBeNull();
  });

  test('a file at a commit is its text, and null when absent, a folder, binary or large', async () => {
    const { place, repo } = await bed.repository({
      'dir/a b#?.txt': 'then\n',
      binary: { content: Buffer.from([0xff, 0xfe, 0]) },
      'latin1.txt': { content: Buffer.from([0xe9, 0x0a]) },
      'large.txt': 'x'.repeat(1024 * 1024 + 1),
    });
    const sha = (await repo.headOf('main')) ?? '';
    await repo.commit('main', { 'dir/a b#?.txt': 'now\n' }, 'Later');
    expect(await bed.forge.fileAt(place, sha, 'dir/a b#?.txt')).toBe('then\n');
    for (const path of ['absent.txt', 'dir', 'binary', 'latin1.txt', 'large.txt', '../../x', '..']) {
      expect(await bed.forge.fileAt(place, sha, path), path).toBeNull();
    }
  });

  test('a branch’s head is its commit, and null without the branch', async () => {
    const { place, repo } = await bed.repository();
    const sha = await repo.commit('ptc/1-a', { a: 'x' }, 'A');
    expect(await bed.forge.branchHead(place, 'ptc/1-a')).toBe(sha);
    expect(await bed.forge.branchHead(place, 'ptc/1')).toBeNull();
  });
});

describe('the token to clone with', () => {
  const status = async (token: string, method: string, path: string, body?: object) => {
    const response = await fetch(`${bed.github.url}${path}`, {
      method,
      headers: { authorization: `token ${token}` },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return response.status;
  };

  test('reads the contents of the one repository and nothing else', async () => {
    const { place, repo } = await bed.repository(undefined, { private: true });
    const other = await bed.repository(undefined, { private: true });
    await bed.github.as('acme', 'POST', `/repos/${repo.fullName}/issues`, { title: 'x' });
    const { token, expiresAt } = await bed.forge.cloneToken(place);
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
    expect(await status(token, 'GET', `/repos/${repo.fullName}/contents/README.md`)).toBe(200);
    expect(await status(token, 'GET', `/repos/${other.repo.fullName}/contents/README.md`)).toBe(404);
    expect(await status(token, 'GET', `/repos/${repo.fullName}/issues/1`)).toBe(403);
    const ref = { ref: 'refs/heads/evil', sha: (await repo.headOf('main')) ?? '' };
    expect(await status(token, 'POST', `/repos/${repo.fullName}/git/refs`, ref)).toBe(403);
  });

  test('is a typed error for a repository the App is not installed on', async () => {
    const repo = await bed.github.addRepository({ owner: 'elsewhere', name: 'repo', files: { a: 'x' } });
    const { place } = await bed.repository();
    expect(await problemOf(bed.forge.cloneToken(placeOf(repo, place.installationId)))).toMatchObject({
      code: 'github-validation',
    });
  });
});

test('the token to work with pushes to the one repository and opens pull requests, and nothing else', async () => {
  const { place, repo } = await bed.repository(undefined, { private: true });
  const other = await bed.repository(undefined, { private: true });
  const { token, expiresAt } = await bed.forge.workToken(place);
  expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
  const call = async (method: string, path: string, body?: object): Promise<number> => {
    const options = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { authorization: `token ${token}` };
    return (await fetch(`${bed.github.url}${path}`, { method, headers, ...options })).status;
  };
  const ref = { ref: 'refs/heads/ptc/work', sha: (await repo.headOf('main')) ?? '' };
  expect(await call('POST', `/repos/${repo.fullName}/git/refs`, ref)).toBe(201);
  expect(await call('GET', `/repos/${repo.fullName}/pulls`)).toBe(200);
  expect(await call('POST', `/repos/${repo.fullName}/issues`, { title: 'x' })).toBe(403);
  expect(await call('GET', `/repos/${other.repo.fullName}/contents/README.md`)).toBe(404);
});

describe('the reaction', () => {
  const reactionsTo = async ({ repository }: Place, path: string) => {
    const { body } = await bed.github.as(
      'acme',
      'GET',
      `/repos/${repository.owner}/${repository.name}/issues/${path}/reactions`,
    );
    return body;
  };

  test('is one pair of eyes on the issue and one on the comment, however often', async () => {
    const { place, repo } = await bed.repository();
    await bed.github.as('acme', 'POST', `/repos/${repo.fullName}/issues`, { title: 'x' });
    const comment = { subjectNumber: 1, marker: '<!-- m -->', body: 'x', knownId: null };
    const commentId = await bed.forge.putComment(place, comment);
    for (let times = 0; times < 2; times += 1) {
      await bed.forge.react(place, { issue: 1 });
      await bed.forge.react(place, { commentId });
    }
    const eyes = [{ content: 'eyes', user: { login: bed.app.botLogin } }];
    expect(await reactionsTo(place, '1')).toMatchObject(eyes);
    expect(await reactionsTo(place, `comments/${commentId}`)).toMatchObject(eyes);
  });

  test('on a comment that was deleted is a typed error', async () => {
    const { place } = await bed.repository();
    expect(await problemOf(bed.forge.react(place, { commentId: 12_345 }))).toMatchObject({
      code: 'github-not-found',
    });
  });
});
