import { describe, expect, test } from 'vitest';
import { PtcError } from '../../../src/domain/errors.ts';
import { redactor } from '../../../src/runner/standalone/redaction.ts';
import { parseTarget } from '../../../src/runner/standalone/target-repository.ts';
import { type Environment, readOrder, readWhereabouts } from '../../../src/runner/standalone/variables.ts';

const LEAST = {
  TARGET_REPO: 'https://github.com/acme/shop',
  TASK_ID: '17',
  AGENT_PROMPT: 'Do it',
  OPENAI_API_KEY: 'key',
};

function faultOf(env: Environment): string {
  try {
    readOrder(env);
    return '';
  } catch (error) {
    return error instanceof PtcError ? `${error.code}: ${error.message}` : String(error);
  }
}

describe('the contract’s variables', () => {
  test('have its defaults', () => {
    expect(readOrder(LEAST)).toMatchObject({
      branch: 'ptc/17',
      baseBranch: null,
      models: [{ provider: 'openai' }],
      githubToken: null,
      pushes: false,
      opensPullRequest: true,
      timeoutMs: 1_500_000,
      budgetUsd: 5,
    });
    expect(readWhereabouts({ ...LEAST, DAYTONA_SANDBOX_ID: 'box' })).toEqual({
      taskId: '17',
      workspaceId: 'box',
      branchName: 'ptc/17',
      webhookUrl: null,
      keepsAlive: false,
    });
  });

  test('are named when they are missing or wrong, all at once and without their values', () => {
    expect(faultOf({ OPENAI_API_KEY: 'key', SKIP_PUSH_TO_REMOTE: 'perhaps-secret' })).toBe(
      'variables-invalid: The workspace cannot start: TARGET_REPO is not set; TASK_ID is not set; AGENT_PROMPT is not set; SKIP_PUSH_TO_REMOTE: Invalid option: expected one of "true"|"false".',
    );
  });

  test.each([
    ['', 'TASK_ID is not set'],
    ['../main', 'is no name for a branch'],
    ['a b', 'is no name for a branch'],
  ])('TASK_ID “%s” is refused when it makes no branch', (TASK_ID, said) => {
    expect(faultOf({ ...LEAST, TASK_ID })).toContain(said);
  });

  test.each(['-x', 'a..b', 'a.lock', '@', 'a/', '/a', 'a//b', 'a\nb', 'a~1', '.a', 'a/.b'])(
    'BRANCH_NAME “%s” is refused',
    (BRANCH_NAME) => {
      expect(faultOf({ ...LEAST, BRANCH_NAME })).toContain('is no name for a branch');
    },
  );

  test('a named provider needs its own key', () => {
    expect(faultOf({ ...LEAST, MODEL_PROVIDER: 'kimi' })).toContain('KIMI_API_KEY is not set');
    expect(faultOf({ ...LEAST, OPENAI_API_KEY: undefined })).toContain('a key of any provider is not set');
  });

  test('the model is of the named provider, or of each one with a key in turn', () => {
    const keys = { ...LEAST, KIMI_API_KEY: 'a', ANTHROPIC_API_KEY: 'b' };
    expect(readOrder({ ...keys, MODEL_PROVIDER: 'kimi', MODEL: 'k3' }).models).toEqual([
      { provider: 'kimi', model: 'k3' },
    ]);
    expect(readOrder(keys).models.map(({ provider }) => provider)).toEqual(['anthropic', 'openai', 'kimi']);
  });
});

describe('TARGET_REPO', () => {
  test.each([
    ['https://github.com/acme/shop', 'https://github.com/acme/shop', 'https://api.github.com', null],
    [
      'https://tok@github.com/acme/shop.git',
      'https://github.com/acme/shop.git',
      'https://api.github.com',
      'tok',
    ],
    [
      'https://x:t%3Fk@git.acme.org/acme/shop/',
      'https://git.acme.org/acme/shop/',
      'https://git.acme.org/api/v3',
      't?k',
    ],
    ['git@github.com:acme/shop.git', 'https://github.com/acme/shop.git', 'https://api.github.com', null],
    [
      'ssh://git@git.acme.org/acme/shop',
      'https://git.acme.org/acme/shop',
      'https://git.acme.org/api/v3',
      null,
    ],
  ])('%s is understood', (text, cloneUrl, apiUrl, token) => {
    expect(parseTarget(text)).toEqual({ cloneUrl, owner: 'acme', name: 'shop', apiUrl, token });
  });

  test.each([
    'acme/shop',
    'http://github.com/acme/shop',
    'file:///acme/shop',
    'ext::sh -c x',
    'https://github.com/shop',
  ])('%s is refused', (text) => {
    expect(faultOf({ ...LEAST, TARGET_REPO: text })).toContain('TARGET_REPO ');
    expect(faultOf({ ...LEAST, TARGET_REPO: text })).not.toContain(text);
  });
});

test('a secret is taken out of a text in every form it travels in, and short words stay', () => {
  const redact = redactor(['s3cret/key', 's3cret/key-and-more', 'on', '']);
  const forms = ['s3cret/key', 's3cret%2Fkey', Buffer.from('x-access-token:s3cret/key').toString('base64')];
  expect(redact(`${forms.join(' ')} and s3cret/key-and-more on`)).toBe('*** *** *** and *** on');
});
