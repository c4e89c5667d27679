import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { Trigger } from '../../src/domain/trigger.ts';
import { type Delivery, fromDelivery } from '../../src/trigger/from-delivery.ts';

const examples = z
  .array(z.object({ name: z.string(), examples: z.array(z.record(z.string(), z.unknown())) }))
  .parse(createRequire(import.meta.url)('@octokit/webhooks-examples'));

type Json = Record<string, unknown>;
const ourApp = { id: 4711, slug: 'ptc-bot' };
const receivedAt = '2026-11-25T10:00:00.000Z';

/** GitHub's own example of the event with the installation every App's delivery has, and changes laid over. */
function example(name: string, action: string, changes: Json = {}): Json {
  const found = examples
    .find((event) => event.name === name)
    ?.examples.find((one) => one['action'] === action);
  if (!found) throw new Error(`no example of ${name}.${action}`);
  return overlay(found, { installation: { id: 99, node_id: 'x' }, ...changes });
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;

function overlay(base: Json, changes: Json): Json {
  const merged = { ...base };
  for (const [key, value] of Object.entries(changes)) {
    const old = base[key];
    merged[key] = isObject(value) && isObject(old) ? overlay(old, value) : value;
  }
  return merged;
}

const delivery = (name: string, payload: unknown): Delivery => ({ id: 'guid-1', name, payload, receivedAt });
const read = (name: string, payload: unknown) => fromDelivery(delivery(name, payload), ourApp);

const labeled = (changes: Json = {}) =>
  example('issues', 'labeled', { label: { name: 'ptc:build' }, ...changes });
const person = { type: 'User', id: 21031067, login: 'Codertocat' };
const commented = (body: string, changes: Json = {}) =>
  example(
    'issue_comment',
    'created',
    overlay({ comment: { body, user: { id: person.id } }, sender: person }, changes),
  );

describe('the label', () => {
  test('on an open issue builds it, with the texts of the delivery', () => {
    const found = read('issues', labeled({ issue: { title: 'Broken', body: 'It is broken.' } }));
    expect(Trigger.parse(found)).toMatchObject({
      deliveryId: 'guid-1',
      installationId: 99,
      receivedAt,
      commentId: null,
      command: { name: 'build', words: '', allow: [] },
      subject: { kind: 'issue', title: 'Broken', body: 'It is broken.' },
      repository: { owner: 'Codertocat', name: 'Hello-World' },
      requester: { login: 'Codertocat', type: 'User' },
    });
  });

  test('on an issue without a body has an empty body', () => {
    expect(read('issues', labeled({ issue: { body: null } }))).toMatchObject({ subject: { body: '' } });
  });

  test.each([
    ['another label', labeled({ label: { name: 'bug' } }), 'the label is not ptc:build'],
    ['a label in other letter case', labeled({ label: { name: 'PTC:Build' } }), 'the label is not ptc:build'],
    ['no label', labeled({ label: null }), 'the label is not ptc:build'],
    ['a bot', labeled({ sender: { type: 'Bot', login: 'plain-name' } }), 'is a Bot'],
    ['an organization', labeled({ sender: { type: 'Organization' } }), 'is a Organization'],
    ['no installation', labeled({ installation: null }), 'no installation'],
    ['an archived repository', labeled({ repository: { archived: true } }), 'archived'],
  ])('is ignored with a reason for %s', (_what, payload, reason) => {
    expect(read('issues', payload)).toEqual({ ignored: true, reason: expect.stringContaining(reason) });
  });

  test('does not count when the issue is opened, edited or unlabeled', () => {
    for (const action of ['opened', 'edited', 'unlabeled']) {
      const payload = example('issues', action, { label: { name: 'ptc:build' } });
      expect(read('issues', payload)).toEqual({ ignored: true, reason: `issues.${action} asks for nothing` });
    }
  });
});

describe('a comment', () => {
  test('on an issue carries the command, its words and its id', () => {
    const found = Trigger.parse(read('issue_comment', commented('/ptc build with care --allow AGENTS.md')));
    expect(found).toMatchObject({
      subject: { kind: 'issue' },
      command: { name: 'build', words: 'with care', allow: ['AGENTS.md'] },
      commentId: expect.any(Number),
    });
  });

  test('on a pull request has the pull request as its subject', () => {
    const found = read('issue_comment', commented('/ptc build', { issue: { pull_request: { url: 'x' } } }));
    expect(found).toMatchObject({ subject: { kind: 'pull-request' } });
  });

  test('of a person whose name ends like a bot’s is a person’s', () => {
    const sender = { login: 'real[bot]', id: 5, type: 'User' };
    const found = read('issue_comment', commented('/ptc build', { sender, comment: { user: { id: 5 } } }));
    expect(found).toMatchObject({ requester: sender });
  });

  test('made through somebody else’s App on behalf of a person is that person’s', () => {
    const payload = commented('/ptc status', { comment: { performed_via_github_app: { id: 1 } } });
    expect(read('issue_comment', payload)).toMatchObject({ command: { name: 'status' } });
  });

  test('on a closed issue cannot build but gets its other answers', () => {
    const closed = { issue: { state: 'closed' } };
    expect(read('issue_comment', commented('/ptc build', closed))).toMatchObject({
      command: { name: 'explain', text: expect.stringContaining('Reopen it') },
    });
    expect(read('issue_comment', commented('/ptc status', closed))).toMatchObject({
      command: { name: 'status' },
    });
  });

  test.each([
    ['without a command', commented('Thanks!'), 'no /ptc command'],
    ['with an empty body', commented(''), 'no /ptc command'],
    ['of a bot', commented('/ptc build', { sender: { type: 'Bot' } }), 'is a Bot'],
    [
      'of our own App',
      commented('/ptc build', { comment: { performed_via_github_app: { id: ourApp.id } } }),
      'our own',
    ],
    [
      'of somebody else than its sender',
      commented('/ptc build', { comment: { user: { id: 7 } } }),
      'not the author',
    ],
    ['of a deleted account', commented('/ptc build', { comment: { user: null } }), 'not the author'],
    ['without an installation', commented('/ptc build', { installation: null }), 'no installation'],
  ])('%s is ignored with a reason', (_what, payload, reason) => {
    expect(read('issue_comment', payload)).toEqual({
      ignored: true,
      reason: expect.stringContaining(reason),
    });
  });

  test('that was edited or deleted asks for nothing', () => {
    for (const action of ['edited', 'deleted']) {
      const payload = example('issue_comment', action, { comment: { body: '/ptc build' } });
      expect(read('issue_comment', payload)).toMatchObject({
        reason: `issue_comment.${action} asks for nothing; only a new comment does`,
      });
    }
  });
});

describe('anything else', () => {
  test('every example GitHub publishes is read without throwing and asks for nothing', () => {
    const all = examples.flatMap(({ name, examples: payloads }) =>
      payloads.map((payload) => ({ name, payload })),
    );
    expect(all.length).toBeGreaterThan(200);
    for (const { name, payload } of all) {
      expect(read(name, payload)).toEqual({ ignored: true, reason: expect.stringMatching(/\w/) });
    }
  });

  test('a label on a pull request points to the comment', () => {
    const payload = example('pull_request', 'labeled', { label: { name: 'ptc:build' } });
    expect(read('pull_request', payload)).toMatchObject({
      subject: { kind: 'pull-request' },
      command: { name: 'explain', text: expect.stringContaining('/ptc build') },
    });
    expect(read('issues', labeled({ issue: { pull_request: { url: 'x' } } }))).toMatchObject({
      command: { name: 'explain' },
    });
  });
  test('a label on a closed issue is explained', () => {
    expect(read('issues', labeled({ issue: { state: 'closed' } }))).toMatchObject({
      command: { name: 'explain', text: expect.stringContaining('closed') },
    });
  });

  test.each([[null], [undefined], [1], ['text'], [[]], [{}], [{ action: 'labeled' }]])(
    'a payload that is %j is ignored, and the reason names the place',
    (payload) => {
      expect(read('issues', payload)).toMatchObject({ reason: expect.stringContaining('payload is not') });
    },
  );

  test('a wrong type deep in the payload is named', () => {
    const payload = labeled({ issue: { number: '7' } });
    expect(read('issues', payload)).toMatchObject({ reason: expect.stringContaining('issue.number') });
  });
});
