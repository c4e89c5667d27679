import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import * as z from 'zod';
import { COMMAND_LINGERS, LINGERING_COMMAND, LINGERING_TURNS, watchModel } from '../helpers/crash-moments.ts';
import { describeWith } from '../helpers/required-tool.ts';
import { type ScriptedTurn } from '../helpers/scripted-model.ts';
import { argumentsOf, environmentOf, familyOf, foundInMemory } from '../helpers/process-memory.ts';
import {
  createWorld,
  MAINTAINER,
  OWNER,
  PROVIDER_KEY,
  REPOSITORY,
  until,
  untilFinished,
  WEBHOOK_SECRET,
  type World,
} from '../helpers/world.ts';

/** Of a longer secret, what is looked for. */
const SLICE = 40;
const api = `/repos/${OWNER}/${REPOSITORY}`;

let world: World | null = null;
afterEach(async () => {
  await world?.close();
  world = null;
});

// Where commands run without isolation they can read what the server's user can, as its operator was told.
const isIsolated = spawnSync('bwrap', ['--unshare-all', '--ro-bind', '/', '/', '--', 'true']).status === 0;
describeWith('bubblewrap', isIsolated, 'where commands are isolated', () => {
  test('no secret of the server reaches the workspace, its processes or what is published', async ({
    annotate,
  }) => {
    const here = await createWorld({ turns: turnsOfAThief() });
    world = here;
    const armed = await COMMAND_LINGERS.arm(here, watchModel(here.model));
    const server = await here.start();
    const issue = await here.openIssue();
    const runId = await here.label(issue);
    await until(COMMAND_LINGERS.name, armed.isReached);

    const workspaces = path.join(here.dataDir, 'workspaces');
    const secrets = secretsOf(here);
    const withClone = [...secrets, ...cloneTokensOf(here)];
    expect(cloneTokensOf(here)).not.toEqual([]);
    const family = familyOf(await runnerOf(path.join(workspaces, runId)));
    expect(family.length).toBeGreaterThan(1);
    for (const pid of family) {
      expect(among(environmentOf(pid) + argumentsOf(pid), withClone)).toEqual([]);
      // The clone token went through the runner and may be left in its memory; nothing else ever was there.
      const found = foundInMemory(pid, secrets);
      if (found === null) await annotate(`memory of process ${pid} was not searched: it cannot be read`);
      expect(found ?? []).toEqual([]);
    }
    expect(await filesWith(withClone, workspaces)).toEqual([]);

    await armed.ended?.();
    const { status, events } = await untilFinished(server, runId);
    expect(status).toBe('succeeded');
    const published = await publishedOn(here, issue);
    expect(published).toContain('Show a whole hour as 1h');
    const said = JSON.stringify(events);
    expect(said).toContain('HOME=');
    await server.end('SIGTERM');

    const all = [...secretsOf(here), ...cloneTokensOf(here)];
    expect(among([published, said, ...server.log].join('\n'), all)).toEqual([]);
    expect(await filesWith(all, here.dataDir)).toEqual([]);
  });
});

test('the search of a process finds what is there', async () => {
  const secret = `planted-${randomBytes(16).toString('hex')}`;
  const child = spawn('bash', ['-c', 'memory=$PLANTED; read -r line', secret], {
    env: { PATH: process.env['PATH'], PLANTED: secret },
  });
  const pid = child.pid ?? 0;
  await until('bash to start', () => argumentsOf(pid).startsWith('bash'));
  expect(familyOf(process.pid)).toContain(pid);
  expect(among(environmentOf(pid), [secret])).toEqual([secret]);
  expect(among(argumentsOf(pid), [secret])).toEqual([secret]);
  expect(foundInMemory(pid, [secret, 'absent'.repeat(4) + secret]) ?? [secret]).toEqual([secret]);
  child.kill();
});

/** The lingering command first tries to get hold of whatever a command can see. */
function turnsOfAThief(): readonly ScriptedTurn[] {
  const theft = `env; tr '\\0' '\\n' < /proc/self/environ; for each in /proc/[0-9]*; do tr '\\0' '\\n' < $each/environ; tr '\\0' ' ' < $each/cmdline; done 2>/dev/null`;
  return LINGERING_TURNS.map((turn) => ({
    ...turn,
    tools: (turn.tools ?? []).map((call) =>
      call.name === 'run_command' ? { ...call, input: { command: `${theft}; ${LINGERING_COMMAND}` } } : call,
    ),
  }));
}

/** The server's secrets, each by parts that would give it away. */
function secretsOf({ app, forge }: World): readonly string[] {
  const key = app.privateKey;
  const lines = key.split('\n').filter((line) => line.length >= SLICE && !line.startsWith('-----'));
  const wholeAsBase64 = Buffer.from(key).toString('base64');
  return [
    PROVIDER_KEY,
    WEBHOOK_SECRET,
    ...lines,
    key.slice(key.length / 2, key.length / 2 + SLICE),
    wholeAsBase64.slice(wholeAsBase64.length / 2, wholeAsBase64.length / 2 + SLICE),
    ...forge
      .installationTokens()
      .filter(({ permissions }) => Object.values(permissions).includes('write'))
      .flatMap(({ token }) => [token, asBasic(token)]),
  ];
}

/** Tokens that read only, which the runner gets for its clone. */
const cloneTokensOf = ({ forge }: World): readonly string[] =>
  forge
    .installationTokens()
    .filter(({ permissions }) => !Object.values(permissions).includes('write'))
    .flatMap(({ token }) => [token, asBasic(token)]);

/** As git sends it. */
const asBasic = (token: string): string => Buffer.from(`x-access-token:${token}`).toString('base64');

const among = (content: string | Buffer, secrets: readonly string[]): readonly string[] =>
  secrets.filter((secret) => content.includes(secret));

async function runnerOf(workspace: string): Promise<number> {
  const file = await readFile(path.join(workspace, 'runner-process.json'), 'utf8');
  return z.object({ pid: z.number() }).parse(JSON.parse(file)).pid;
}

/** Which files below the folder hold one of the secrets; what goes away while it is read is left out. */
async function filesWith(secrets: readonly string[], folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.filter((each) => each.isFile())) {
    const name = path.join(entry.parentPath, entry.name);
    const content = await readFile(name).catch(() => '');
    found.push(...among(content, secrets).map((secret) => `${name}: ${secret}`));
  }
  return found;
}

/** All that people can read on the forge afterwards. */
async function publishedOn({ forge }: World, issue: number): Promise<string> {
  const get = async (route: string): Promise<string> =>
    JSON.stringify((await forge.as(MAINTAINER, 'GET', `${api}/${route}`)).body);
  const pullRequests = await get('pulls');
  const [{ head }] = z
    .tuple([z.object({ head: z.object({ sha: z.string() }) })])
    .parse(JSON.parse(pullRequests));
  const rest = [`issues/${issue}/comments`, `commits/${head.sha}`, `commits/${head.sha}/check-runs`];
  return [pullRequests, ...(await Promise.all(rest.map(get)))].join('\n');
}
