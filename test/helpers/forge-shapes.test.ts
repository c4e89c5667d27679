import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/rest';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Forge, type RepositoryHandle, startForge } from './forge/index.ts';

const SHOP = { owner: 'acme', repo: 'shop' };
let forge: Forge;
let shop: RepositoryHandle;
let app: Octokit;
let bot: Octokit;
let installationId: number;

const webhooks = async (): Promise<readonly string[]> => {
  await forge.settled();
  return forge.deliveries.map(({ event, action }) => `${event}.${action}`);
};

beforeEach(async () => {
  forge = await startForge();
  const webhookUrl = 'http://127.0.0.1:1/'; // nobody listens there
  const { appId, privateKey } = forge.addApp({ webhookSecret: 'a secret', webhookUrl });
  shop = await forge.addRepository({
    owner: 'acme',
    name: 'shop',
    files: { a: '1\n', link: { content: 'a', mode: '120000' } },
    collaborators: { alice: 'write' },
  });
  installationId = forge.install({ appId }, 'acme');
  const connection = { baseUrl: forge.url, authStrategy: createAppAuth };
  app = new Octokit({ ...connection, auth: { appId, privateKey } });
  bot = new Octokit({ ...connection, auth: { appId, privateKey, installationId } });
});

/** The forge judges every answer and webhook by GitHub's description, so this is the assertion of each test here. */
afterEach(async () => {
  await forge.settled();
  const { violations } = forge;
  await forge.close();
  expect(violations).toEqual([]);
});

it('gives installations, deliveries, limits and symlinks', async () => {
  await forge.as('alice', 'POST', '/repos/acme/shop/issues', { title: 'x' });
  await forge.settled();
  const { data: installation } = await app.rest.apps.getInstallation({ installation_id: installationId });
  expect(installation.app_slug).toBe('ptc-bot');
  const { data: delivery } = await app.rest.apps.getWebhookDelivery({
    delivery_id: forge.deliveries[0]?.id ?? 0,
  });
  expect(delivery.request.payload).toMatchObject({ action: 'opened' });
  expect((await bot.rateLimit.get()).data.rate.limit).toBe(5000);
  const { data: link } = await bot.repos.getContent({ ...SHOP, path: 'link' });
  expect(link).toMatchObject({ type: 'symlink', target: 'a' });
});

it('replaces labels, deletes comments, closes and opens issues again', async () => {
  await forge.as('alice', 'POST', '/repos/acme/shop/issues', { title: 'x', labels: ['a'] });
  const issue = { ...SHOP, issue_number: 1 };
  expect((await bot.issues.listForRepo({ ...SHOP, labels: 'a' })).data).toHaveLength(1);
  const { data: comment } = await bot.issues.createComment({ ...issue, body: 'b' });
  const onComment = { ...SHOP, comment_id: comment.id };
  await bot.reactions.createForIssueComment({ ...onComment, content: '+1' });
  expect((await bot.reactions.listForIssueComment(onComment)).data).toHaveLength(1);
  await bot.issues.deleteComment(onComment);
  await bot.issues.update({ ...issue, labels: ['b'], state: 'closed' });
  await bot.issues.update({ ...issue, state: 'open' });
  const { data: labels } = await bot.issues.listLabelsOnIssue(issue);
  expect(labels.map(({ name }) => name)).toEqual(['b']);
  expect(await webhooks()).toEqual([
    'issues.opened',
    'issues.labeled',
    'issue_comment.created',
    'issue_comment.deleted',
    'issues.closed',
    'issues.unlabeled',
    'issues.labeled',
    'issues.reopened',
  ]);
});

it('labels, edits, closes and opens pull requests again, catching up with their branch', async () => {
  await shop.commit('one', { a: '2\n' }, 'Two');
  const { data: pull } = await bot.pulls.create({ ...SHOP, head: 'one', base: 'main', title: 't' });
  const target = { ...SHOP, pull_number: pull.number };
  await bot.issues.addLabels({ ...SHOP, issue_number: pull.number, labels: ['z'] });
  await bot.issues.removeLabel({ ...SHOP, issue_number: pull.number, name: 'z' });
  await bot.pulls.update({ ...target, title: 'u', body: 'v' });
  await bot.graphql(
    `mutation { convertPullRequestToDraft(input: {pullRequestId: "${pull.node_id}"}) { clientMutationId } }`,
  );
  await bot.pulls.update({ ...target, state: 'closed' });
  const later = await shop.commit('one', { a: '3\n' }, 'Three');
  const { data: reopened } = await bot.pulls.update({ ...target, state: 'open' });
  expect(reopened.head.sha).toBe(later);
  const { data: diff } = await bot.pulls.get({ ...target, mediaType: { format: 'diff' } });
  expect(diff).toEqual(expect.stringContaining('-1\n+3\n'));
  expect((await bot.issues.get({ ...SHOP, issue_number: pull.number })).data.pull_request).toBeDefined();
  expect(await webhooks()).toEqual(
    [
      'opened',
      'labeled',
      'unlabeled',
      'edited',
      'converted_to_draft',
      'closed',
      'reopened',
      'synchronize',
    ].map((action) => `pull_request.${action}`),
  );
});

it('counts the annotations of a check run', async () => {
  const head = (await shop.headOf('main')) ?? '';
  const annotation = {
    path: 'a',
    start_line: 1,
    end_line: 1,
    annotation_level: 'notice',
    message: 'm',
  } as const;
  const output = { title: 'a', summary: 'b', annotations: [annotation] };
  const { data } = await bot.checks.create({
    ...SHOP,
    name: 'x',
    head_sha: head,
    conclusion: 'neutral',
    output,
  });
  const { data: check } = await bot.checks.get({ ...SHOP, check_run_id: data.id });
  expect([check.status, check.output.annotations_count]).toEqual(['completed', 1]);
});
