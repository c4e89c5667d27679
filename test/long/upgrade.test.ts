import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { watchModel, type WatchedModel } from '../helpers/crash-moments.ts';
import { otherVersion } from '../helpers/other-version.ts';
import { postgresAvailable, startPostgres, type TestPostgres } from '../helpers/postgres.ts';
import { describeWith } from '../helpers/required-tool.ts';
import { type ServerProcess } from '../helpers/server-process.ts';
import {
  createWorld,
  MAINTAINER,
  OWNER,
  REPOSITORY,
  until,
  untilFinished,
  untilState,
  type World,
} from '../helpers/world.ts';

const OLD = otherVersion('runs-of-old');
const ISSUE = { title: 'A whole hour', body: 'formatDuration(60) should give "1h".' };

let world: World;
let model: WatchedModel;
afterEach(() => world.close());

/** The database makes no difference to it: PTC_TEST_UPGRADE=all tries this one too. */
describe.skipIf(process.env['PTC_TEST_UPGRADE'] !== 'all')('on PGlite', () => upgrading(async () => ({})));

describeWith('postgres', postgresAvailable(), 'on Postgres', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());
  const newDatabase = async () => ({ DATABASE_URL: await postgres.createDatabase() });

  upgrading(newDatabase);

  test('what a worker had begun before its upgrade, another of the old version goes on with', async () => {
    const env = await newDatabase();
    await begin();
    const first = await world.start({ ...env, ...OLD, PTC_WORKER_ID: 'first' });
    const { runId, release } = await beginRun(first);
    await world.start({ ...env, ...OLD, PTC_WORKER_ID: 'second' });
    await first.end('SIGKILL');
    release();
    const renewed = await world.start({ ...env, PTC_WORKER_ID: 'first' });
    expect((await untilFinished(renewed, runId)).status).toBe('succeeded');
  });

  test('a worker of the old version keeps its runs while it lives; when it is killed, the new one takes them up', async () => {
    const env = { ...(await newDatabase()), PTC_MAX_RUNS: '1' };
    await begin();
    const old = await world.start({ ...env, ...OLD, PTC_WORKER_ID: 'old' });
    const first = await beginRun(old);
    const second = await world.label(await world.openIssue(ISSUE));
    await untilState(old, second, ({ phase }) => phase === 'queued');
    const renewed = await world.start({ ...env, PTC_WORKER_ID: 'new' });
    const held = model.hold(0);
    first.release();
    expect((await untilFinished(renewed, first.runId)).status).toBe('succeeded');
    // Queued by the old version, so it is the old worker that begins it.
    await until('the second run to ask its model', held.isAsked);
    const third = await world.label(await world.openIssue({ ...ISSUE, title: 'Hours' }));
    await untilState(renewed, third, ({ phase }) => phase === 'queued');
    await old.end('SIGKILL');
    held.release();

    expect((await untilFinished(renewed, second)).status).toBe('failed');
    expect((await untilFinished(renewed, third)).status).toBe('succeeded');
    expect(await workspaces()).toEqual([]);
  });
});

function upgrading(newDatabase: () => Promise<Readonly<Record<string, string>>>): void {
  test('a new version does what the old one had queued and admitted, and ends what it had begun', async () => {
    const env = { ...(await newDatabase()), PTC_MAX_RUNS: '1' };
    await begin();
    const old = await world.start({ ...env, ...OLD });
    const begun = await beginRun(old);
    const queued = await world.label(await world.openIssue(ISSUE));
    await untilState(old, queued, ({ phase }) => phase === 'queued');
    const admitted = await beginAdmission();
    await old.end('SIGKILL');
    begun.release();

    const renewed = await world.start(env);
    expect((await untilFinished(renewed, begun.runId)).status).toBe('failed');
    expect((await untilFinished(renewed, queued)).status).toBe('succeeded');
    expect((await untilFinished(renewed, admitted)).status).toBe('succeeded');
    expect(await lastComment(begun.issue)).toContain('The server was upgraded while this run was under way');
    expect(await workspaces()).toEqual([]);

    const again = await world.comment(begun.issue, '/ptc build');
    expect((await untilFinished(renewed, again)).status).toBe('succeeded');
    expect(world.forge.violations).toEqual([]);
    // Taken up once: the next start has nothing to take up any more.
    await renewed.end('SIGTERM');
    const next = await world.start(env);
    expect(next.log.filter((line) => line.includes('is taken up'))).toEqual([]);
  });

  test('what one new version was killed over, the next one takes up', async () => {
    const env = await newDatabase();
    await begin();
    const old = await world.start({ ...env, ...OLD });
    const begun = await beginRun(old);
    const admitted = await beginAdmission();
    await old.end('SIGKILL');
    begun.release();
    // It dies over the report of the one and the admission of the other.
    const report = standStill('issues/update-comment');
    const admission = standStill('repos/get-collaborator-permission-level');
    const between = await world.start({ ...env, ...otherVersion('runs-between') });
    await until('both to be under way', () => report.isReached() && admission.isReached());
    await between.end('SIGKILL');

    const renewed = await world.start(env);
    expect((await untilFinished(renewed, begun.runId)).status).toBe('failed');
    expect((await untilFinished(renewed, admitted)).status).toBe('succeeded');
    expect(await lastComment(begun.issue)).toContain('The server was upgraded while this run was under way');
    expect(await workspaces()).toEqual([]);
  });
}

async function begin(): Promise<void> {
  world = await createWorld();
  model = watchModel(world.model);
}

/** A run whose model does not answer before `release`. */
async function beginRun(server: ServerProcess) {
  const { isAsked, release } = model.hold(0);
  const issue = await world.openIssue();
  const runId = await world.label(issue);
  await until(`${runId} to ask its model:\n${server.log.join('\n')}`, isAsked);
  return { issue, runId, release };
}

/** A trigger that is stored and not decided on; resolves to the id of the run that is to come of it. */
async function beginAdmission(): Promise<string> {
  const { isReached } = standStill('repos/get-collaborator-permission-level');
  const runId = await world.label(await world.openIssue({ ...ISSUE, title: 'Sixty minutes' }));
  await until('the admission to be under way', isReached);
  return runId;
}

/** The next such request is never answered. */
function standStill(operationId: string): { readonly isReached: () => boolean } {
  let isReached = false;
  world.forge.on(
    (request) => request.operationId === operationId,
    () => {
      isReached = true;
      return new Promise(() => {});
    },
    { times: 1 },
  );
  return { isReached: () => isReached };
}

async function lastComment(issue: number): Promise<string> {
  const { body } = await world.forge.as(
    MAINTAINER,
    'GET',
    `/repos/${OWNER}/${REPOSITORY}/issues/${issue}/comments`,
  );
  return (
    z
      .array(z.object({ body: z.string() }))
      .parse(body)
      .at(-1)?.body ?? ''
  );
}

const workspaces = (): Promise<readonly string[]> => readdir(path.join(world.dataDir, 'workspaces'));
