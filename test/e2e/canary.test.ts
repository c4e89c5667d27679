import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import * as z from 'zod';
import { commandLingers, LINGERING_TURNS, watchModel } from '../helpers/crash-moments.ts';
import { argumentsOf, environmentOf, familyOf, foundInMemory } from '../helpers/process-memory.ts';
import {
  createWorld,
  MAINTAINER,
  OWNER,
  PROVIDER_KEY,
  REPOSITORY,
  runState,
  until,
  untilFinished,
  WEBHOOK_SECRET,
  type World,
} from '../helpers/world.ts';

const api = `/repos/${OWNER}/${REPOSITORY}`;

let world: World | null = null;
afterEach(async () => {
  await world?.close();
  world = null;
});

test('no secret of the server reaches the workspace, its processes or what is published', async () => {
  world = await createWorld({ turns: turnsOfAThief() });
  const armed = await commandLingers.arm(world, watchModel(world.model));
  const server = await world.start();
  const issue = await world.openIssue();
  const runId = await world.label(issue);
  await until(commandLingers.name, armed.isReached);

  const workspace = path.join(world.dataDir, 'workspaces', runId);
  const secrets = secretsOf(world);
  const clone = cloneTokens(world);
  const runner = await runnerOf(workspace);
  const family = familyOf(runner);
  expect(family.length).toBeGreaterThan(1);
  for (const pid of family) {
    expect(among(environmentOf(pid) + argumentsOf(pid), [...secrets, ...clone])).toEqual([]);
    // The clone token has passed through the runner; what has not must not be there.
    expect(foundInMemory(pid, secrets) ?? []).toEqual([]);
  }
  const files = await contentsOf(path.join(world.dataDir, 'workspaces'));
  expect(files.length).toBeGreaterThan(10);
  expect(files.flatMap(({ content }) => among(content, [...secrets, ...clone]))).toEqual([]);

  await armed.ended?.();
  const { status } = await untilFinished(server, runId);
  expect(status).toBe('succeeded');
  const published = await published_(world, issue);
  expect(published).toContain('Show a whole hour as 1h');
  const events = JSON.stringify(await runState(server, runId));
  expect(events).toContain('HOME=');
  const afterwards = [published, events, server.log.join('\n')].join('\n');
  expect(among(afterwards, [...secretsOf(world), ...cloneTokens(world)])).toEqual([]);

  await server.end('SIGTERM');
  const kept = await contentsOf(world.dataDir);
  expect(kept.flatMap(({ content }) => among(content, [...secretsOf(world), ...cloneTokens(world)]))).toEqual(
    [],
  );
});
