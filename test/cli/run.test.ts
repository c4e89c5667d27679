import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { asAnthropic, asOpenAi, type Cli, openCli } from '../helpers/cli-process.ts';
import { SAMPLE_FILES, SAMPLE_ISSUE, SAMPLE_TURNS } from '../helpers/sample-project.ts';
import { type ScriptedModel, startScriptedModel } from '../helpers/scripted-model.ts';
import { gitIn, type SourceRepository, sourceRepository } from '../helpers/source-repository.ts';

const BRANCH = 'ptc/show-a-whole-hour-as-1h';
const TASK = `${SAMPLE_ISSUE.title}\n\n${SAMPLE_ISSUE.body}`;
const ATOMIC = ['--no-planning'];

const Report = z.object({
  runId: z.string(),
  status: z.string(),
  problem: z.object({ code: z.string() }).nullable(),
  branch: z.object({ name: z.string(), commitSha: z.string(), pushed: z.boolean() }).nullable(),
  files: z.array(z.string()),
  proof: z.object({ verdict: z.string() }).nullable(),
  spending: z.object({ requests: z.number(), costUsd: z.number() }),
  recording: z.string(),
  patchFile: z.string().nullable(),
});

let model: ScriptedModel;
let cli: Cli;
let source: SourceRepository;

beforeAll(async () => {
  [model, source] = await Promise.all([startScriptedModel(SAMPLE_TURNS), sourceRepository(SAMPLE_FILES)]);
  cli = await openCli(asAnthropic(model));
});

afterAll(async () => {
  await Promise.all([model.stop(), source.remove(), cli.clear()]);
});

describe('a run in a repository that somebody is at work in', () => {
  test('makes a proven branch, and nothing else in the repository moves', async () => {
    await writeFile(path.join(source.path, 'README.md'), 'half a thought\n');
    await writeFile(path.join(source.path, 'a file with ünicode.txt'), 'mine\n');
    const before = await stateOf(source.path);

    const { exitCode, stdout, stderr } = await cli.run(['run', '--repo', source.path, ...ATOMIC, TASK]);

    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stderr).toContain('2 uncommitted changes are not seen');
    expect(stdout).toContain(`Branch ${BRANCH}`);
    expect(stdout).toContain('proved by: test/duration.test.js › a whole hour');
    expect(stdout).toMatch(/npm test {2}exit 0, 2 passed, 0 failed → exit 0, 3 passed, 0 failed/);
    expect(stdout).toContain('+  if (minutes >= 60) {');
    expect(stdout).toContain('3 model requests');
    expect(await stateOf(source.path)).toEqual(before);
    expect(await gitIn(source.path, 'log', '--format=%s|%P', BRANCH, '-1')).toBe(
      `Show a whole hour as 1h|${source.sha}`,
    );
    expect(await gitIn(source.path, 'diff', '--name-only', source.sha, BRANCH)).toBe(
      'src/duration.js\ntest/duration.test.js',
    );
    expect(await cli.workspaces()).toEqual([]);
  });

  test('takes the next name when the branch is there, and ends with one JSON object for programs', async () => {
    const { exitCode, stdout, stderr } = await cli.run(
      ['run', '--repo', source.path, '--json', ...ATOMIC, '--model', 'compatible:scripted', '-'],
      { env: asOpenAi(model), input: TASK },
    );

    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stdout.trim().split('\n')).toHaveLength(1);
    const report = Report.parse(JSON.parse(stdout));
    expect(report).toMatchObject({
      status: 'succeeded',
      problem: null,
      branch: { name: `${BRANCH}-2`, pushed: false },
      files: ['src/duration.js', 'test/duration.test.js'],
      proof: { verdict: 'green' },
      spending: { requests: 3 },
    });
    const patch = await readFile(report.patchFile ?? '', 'utf8');
    expect(patch).toContain('+  if (minutes >= 60) {');
    const recorded = await Promise.all(
      ['run.json', 'events.ndjson', 'model-calls.ndjson', 'result.json'].map((file) =>
        readFile(path.join(report.recording, file), 'utf8'),
      ),
    );
    expect(recorded.join('')).not.toContain('canary-key-of-the-cli');
  });

  test('is replayed equal without a model, and different on one byte more, saying where', async () => {
    const [runId = ''] = await cli.runs();
    const asked = model.requests();
    const equal = await cli.run(['replay', runId]);

    const changed = await sourceRepository({
      ...SAMPLE_FILES,
      'src/duration.js': SAMPLE_FILES['src/duration.js']?.replace('write them', 'write them!') ?? '',
    });
    const different = await cli.run(['replay', runId, '--repo', changed.path, '--json']);
    await changed.remove();

    expect(equal).toMatchObject({ exitCode: 0 });
    expect(equal.stdout).toContain(`The replay of ${runId} is equal`);
    expect(different.exitCode).toBe(1);
    expect(JSON.parse(different.stdout)).toMatchObject({
      equal: false,
      differences: [
        {
          kind: 'model.request',
          where: 'model request work/2, answer of read_file src/duration.js, line 2',
          recorded: '1\t/** Minutes as people write them: 75 is "1h 15m". */',
          now: '1\t/** Minutes as people write them!: 75 is "1h 15m". */',
        },
        { kind: 'result change', where: 'src/duration.js, line 1' },
      ],
    });
    expect(model.requests()).toBe(asked);
    expect(await cli.workspaces()).toEqual([]);
  });
});

/** All of a repository that a run must leave alone. */
const stateOf = async (folder: string) => ({
  head: await gitIn(folder, 'symbolic-ref', 'HEAD'),
  status: await gitIn(folder, 'status', '--porcelain'),
  index: await readFile(path.join(folder, '.git', 'index'), 'base64'),
  main: await gitIn(folder, 'rev-parse', 'main'),
});
