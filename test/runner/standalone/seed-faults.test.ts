import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Ended, PROVIDER_KEY, type StandaloneBed, standaloneBed } from './bed.ts';

/*
 * What the scripts that this template replaces did wrong, each by its name: the last paragraph of the template's
 * contract. That only Node was checked is in test/long/standalone, because other languages take their time.
 */

const beds: StandaloneBed[] = [];
afterAll(() => Promise.all(beds.map((bed) => bed.close())));
const openBed = async (choice: Parameters<typeof standaloneBed>[0]): Promise<StandaloneBed> => {
  const bed = await standaloneBed(choice);
  beds.push(bed);
  return bed;
};

const NOTES = { 'notes.txt': 'one\n' };
const tool = (name: string, input: unknown) => ({ tools: [{ name, input }] });
const finish = tool('finish', { title: 'Write 1', body: 'As asked.' });
const patch = (diff: string) => tool('apply_patch', { diff });
const WRITE_1 = patch('--- a/notes.txt\n+++ b/notes.txt\n@@\n-one\n+1\n');

describe('a change of awkward files', () => {
  const BIG = Array.from({ length: 20_000 }, (_, line) => `line ${line} of the story`);
  const RUN = '#!/bin/sh\r\necho one\r\nexit 0\r\n';
  const NEWS = 'error: none of this is one\n---\nerror: and this is after the line\n';
  const DIFF = [
    '--- a/big.txt\n+++ b/big.txt\n@@\n line 19998 of the story\n-line 19999 of the story\n+the end\n',
    '--- a/run.sh\n+++ b/run.sh\n@@\n #!/bin/sh\n-echo one\n+echo two\n exit 0\n',
    `--- /dev/null\n+++ b/news.txt\n@@\n${NEWS.replace(/^(?=.)/gm, '+')}`,
  ].join('');
  const many = Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [`many/${index}.txt`, `${index}\n`]),
  );
  let bed: StandaloneBed;
  let ended: Ended;
  beforeAll(async () => {
    bed = await openBed({
      files: { ...many, 'big.txt': `${BIG.join('\n')}\n`, 'run.sh': { content: RUN, mode: '100755' } },
      script: [
        patch('--- a/big.txt\n+++ b/big.txt\n@@\n-line that is nowhere\n+the end\n'),
        tool('read_file', { path: 'big.txt', from: 19_990 }),
        patch(DIFF),
        finish,
      ],
      prompt: 'End the story',
    });
    ended = await bed.run();
  });
  const changed = (): Promise<string> =>
    bed.repository.git('diff', '--raw', '--no-renames', 'main', 'ptc/task-17');

  test('no second try when a patch is refused: the second one is applied', () => {
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.log).toContain('patch refused: big.txt');
    expect(ended.log).toContain('patch applied:');
  });

  test('lines with “error:” cut a file short, a bare “---” ends it: the file is whole', async () => {
    expect((await bed.repository.filesAt('ptc/task-17'))['news.txt']).toBe(NEWS);
  });

  test('the executable bit and CRLF are lost: both are kept', async () => {
    expect((await bed.repository.filesAt('ptc/task-17'))['run.sh']).toBe(RUN.replace('one', 'two'));
    expect(await changed()).toMatch(/^:100755 100755 \w+ \w+ M\trun\.sh$/m);
  });

  test('an unrelated file is added to every pull request: only the change is in it', async () => {
    const paths = (await changed()).split('\n').map((line) => line.split('\t')[1]);
    expect(paths).toEqual(['big.txt', 'news.txt', 'run.sh']);
  });

  test('10 files at most, cut, and returned whole: the end of a big file among many is changed alone', async () => {
    const { 'big.txt': big } = await bed.repository.filesAt('ptc/task-17');
    expect(big).toBe(`${BIG.slice(0, -1).join('\n')}\nthe end\n`);
    expect(bed.model.requests()).toBeLessThan(6);
  });
});

describe('two runs at once by execution.sh, in a private repository', () => {
  const PROMPT = `"; touch injected; ' $(touch injected) \`touch injected\`\nexport X=1\\\n-- <!-- ünï -->`;
  const LONG_PROMPT = `${PROMPT}\n${'x'.repeat(100_000)}`;
  const LOOK = tool('run_command', { command: 'env; cat /proc/*/environ /proc/*/cmdline' });
  let bed: StandaloneBed;
  let ended: readonly Ended[];
  beforeAll(async () => {
    bed = await openBed({
      files: NOTES,
      script: [LOOK, WRITE_1, finish],
      prompt: LONG_PROMPT,
      private: true,
    });
    ended = await Promise.all(['one', 'two'].map((name) => bed.execute({ TASK_ID: name })));
  });

  test('no private clone: the token opens it', () => {
    expect(ended.map(({ code, log }) => ({ code, log }))).toMatchObject([{ code: 0 }, { code: 0 }]);
  });

  test('the prompt is pasted into a shell: it comes to the model as it is, and nothing of it is done', () => {
    const told = JSON.stringify(bed.model.server.getRequests().map(({ body }) => body));
    for (const line of PROMPT.split('\n')) expect(told).toContain(JSON.stringify(line).slice(1, -1));
    expect(ended.map(({ file }) => file('injected'))).toEqual([null, null]);
  });

  test('one temporary patch file for all: each run has its own', async () => {
    const patches = ended.map(({ file }) => file('change.patch'));
    expect(patches).toEqual([expect.stringContaining('+1'), expect.stringContaining('+1')]);
    const branches = await bed.repository.git('for-each-ref', '--format=%(refname:short)', 'refs/heads');
    expect(branches.split('\n')).toEqual(['main', 'ptc/one', 'ptc/two']);
  });

  test('keys are logged, and seen by every command: no secret is in a log, a file, a webhook, or any process', async () => {
    // What the command saw is told to the model by an event.
    expect(ended[0]?.file('events.ndjson')).toContain('PATH=');
    const told = JSON.stringify([
      bed.receiver.posts,
      await bed.pullRequests(),
      ...ended.map(({ log, file }) => [log, file('events.ndjson'), file('result.json'), file('job.json')]),
    ]);
    for (const secret of [PROVIDER_KEY, bed.env['GITHUB_TOKEN'] ?? '', bed.env['WEBHOOK_URL'] ?? ''])
      expect(told).not.toContain(secret);
  });

  test('scripts are fetched at start: nothing is', async () => {
    const script = await readFile(new URL('../../../daytona-template/execution.sh', import.meta.url), 'utf8');
    expect(script).not.toMatch(/\b(curl|wget|npx|npm|pip|apt|git)\b/);
  });
});

describe('a project with a dependency and a linter', () => {
  const FILES = {
    'package.json': JSON.stringify({
      name: 'linted',
      version: '1.0.0',
      type: 'module',
      scripts: { test: 'node --test', lint: 'node lint.js' },
      dependencies: { greeting: 'file:vendor/greeting' },
    }),
    'vendor/greeting/package.json': '{"name":"greeting","version":"1.0.0","main":"index.js"}',
    'vendor/greeting/index.js': "module.exports = 'hello';\n",
    'lint.js': `import { readFileSync } from 'node:fs';
if (readFileSync('word.js', 'utf8').includes('var ')) { console.error('word.js:1:1 no var'); process.exit(1); }
`,
    'word.js': "import greeting from 'greeting';\nexport const word = greeting;\n",
    'word.test.js': `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { word } from './word.js';
test('says hello', () => assert.equal(word, 'hello'));
`,
  };
  const SPOIL =
    '--- a/word.js\n+++ b/word.js\n@@\n-export const word = greeting;\n+export var word = greeting;\n';
  let bed: StandaloneBed;
  let ended: Ended;
  beforeAll(async () => {
    bed = await openBed({ files: FILES, script: [patch(SPOIL), finish, finish, finish], prompt: 'Use var' });
    ended = await bed.run();
  });

  test('no dependency install: they are installed before anything is checked', () => {
    const { proof } = ended.result();
    expect(proof?.setup.map(({ command, end }) => [command, end.exitCode])).toContainEqual([
      expect.stringMatching(/^npm (ci|install)/),
      0,
    ]);
    expect(proof?.checks.find(({ kind }) => kind === 'test')?.head).toMatchObject({ passed: true });
  });

  test('lint failures are reported as passed: the run fails and says why, and leaves a draft', async () => {
    expect(ended.code).toBe(1);
    expect(bed.receiver.posts.at(-2)).toMatchObject({
      type: 'task.failed',
      status: 'failed',
      error: expect.stringMatching(/^checks-red: .*npm run lint.*The patch made so far is kept as /s),
    });
    expect(await bed.pullRequests()).toMatchObject([{ draft: true }]);
  });
});

describe('a run that cannot begin', () => {
  let bed: StandaloneBed;
  beforeAll(async () => {
    bed = await openBed({ files: NOTES, script: [WRITE_1, finish], prompt: 'Write 1' });
  });
  const newPosts = async (act: () => Promise<unknown>) => {
    const before = bed.receiver.posts.length;
    await act();
    return bed.receiver.posts.slice(before);
  };

  test('the failure handler dies: the failure is posted, again until the receiver takes it', async () => {
    const BASE_BRANCH = 'nowhere';
    let ended: Ended | null = null;
    bed.receiver.answerNext(200, 503, null);
    const posts = await newPosts(async () => {
      ended = await bed.run({ BASE_BRANCH });
    });
    expect(ended).toMatchObject({ code: 1 });
    expect(posts.map(({ type }) => type)).toEqual([
      'workspace.created',
      'task.failed',
      'task.failed',
      'task.failed',
      'workspace.status',
    ]);
    expect(posts[3]).toEqual({
      type: 'task.failed',
      taskId: 'task-17',
      workspaceId: 'workspace-3',
      branchName: 'ptc/task-17',
      prUrl: '',
      status: 'failed',
      error:
        'base-missing: There is no branch nowhere. Set BASE_BRANCH to a branch of the repository that has a commit.',
      message: 'Set BASE_BRANCH to a branch of the repository that has a commit.',
    });
  });

  test('an unset TASK_ID crashes: it is named in a webhook', async () => {
    const posts = await newPosts(async () => {
      expect(await bed.execute({ TASK_ID: '' })).toMatchObject({
        code: 1,
        log: expect.stringContaining('TASK_ID'),
      });
    });
    expect(posts.at(-2)).toMatchObject({
      type: 'task.failed',
      taskId: '',
      error: expect.stringContaining('TASK_ID is not set'),
    });
  });

  test('an unset WEBHOOK_URL crashes: the job is done without posts', async () => {
    const posts = await newPosts(async () => {
      expect(await bed.run({ WEBHOOK_URL: undefined })).toMatchObject({ code: 0 });
    });
    expect(posts).toEqual([]);
  });
});
