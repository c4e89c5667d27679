/**
 * The main job, end to end, on this machine: a GitHub-shaped forge on loopback, a model (scripted, unless a key
 * is set), a small repository with a real bug. The issue is labelled over the API; everything after that is
 * the real server doing its real work. `--workspace daytona` works in sandboxes of a local Daytona server.
 */
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { SAMPLE_ISSUE } from '../helpers/sample-project.ts';
import { type ServerProcess } from '../helpers/server-process.ts';
import { createWorld, MAINTAINER, OWNER, REPOSITORY, type World } from '../helpers/world.ts';
import { followRun } from './follow-run.ts';
import { showDaytonaRequests } from './show-daytona-requests.ts';
import { showPullRequest } from './show-pull-request.ts';

const { values: options } = parseArgs({
  options: { keep: { type: 'boolean', default: false }, workspace: { type: 'string', default: 'local' } },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const KEYS = ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'OPENROUTER_API_KEY', 'KIMI_API_KEY'];

/** The environment that puts a real model in the scripted one’s place; null when no provider’s key is set. */
function realModel(): { readonly names: string; readonly env: Readonly<Record<string, string>> } | null {
  const given = KEYS.filter((name) => (process.env[name] ?? '') !== '');
  if (given.length === 0) return null;
  // An empty variable is an unset one: what the test bed would say of its scripted model does not count.
  const env = { ANTHROPIC_API_KEY: '', ANTHROPIC_BASE_URL: '', PTC_MODELS: '' };
  const wanted = ['PTC_MODELS', ...given, ...given.map((name) => name.replace('API_KEY', 'BASE_URL'))];
  const set = wanted.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
  return { names: given.join(', '), env: { ...env, ...Object.fromEntries(set) } };
}

async function demo(): Promise<boolean> {
  const startedAt = performance.now();
  const real = realModel();
  const workspaces = z.enum(['local', 'daytona']).parse(options.workspace);
  const world = await createWorld({ workspaces });
  try {
    const model =
      real === null
        ? 'scripted, over HTTP (set ANTHROPIC_API_KEY or another provider’s key for a real one)'
        : `a real one (${real.names} is set)`;
    const place =
      world.daytona === null ? 'on this machine' : `Daytona, local server at ${world.daytona.url}`;
    say(
      `PTC Bot demo\n  model: ${model}\n  workspaces: ${place}\n  forge: ${world.forge.url}/${OWNER}/${REPOSITORY}`,
    );
    const server = await world.start(real?.env);
    say(`  run pages: ${server.apiUrl}\n\n${MAINTAINER} labels issue #1 “${SAMPLE_ISSUE.title}” ptc:build\n`);
    const runId = await world.label(await world.openIssue());
    const status = await followRun(server, runId, startedAt, say);
    await showPullRequest(world.forge, `${OWNER}/${REPOSITORY}`, say);
    if (world.daytona !== null) showDaytonaRequests(world.daytona, say);
    say(`\n${status} after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    if (options.keep) await keepRunning(world, server);
    await server.end('SIGTERM');
    return status === 'succeeded';
  } finally {
    await world.close();
  }
}

async function keepRunning({ forge }: World, server: ServerProcess): Promise<void> {
  const repository = `${forge.url}/repos/${OWNER}/${REPOSITORY}`;
  say(`\nStill running, until Ctrl-C:
  run pages      ${server.apiUrl}
  pull request   curl -H "authorization: Bearer ${forge.userToken(MAINTAINER)}" ${repository}/pulls/2
  clone          git clone ${forge.url.replace('http://', `http://x:${forge.userToken(MAINTAINER)}@`)}/${OWNER}/${REPOSITORY}.git
  (the token is made up and valid on this loopback forge alone)`);
  await new Promise<void>((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
}

process.exitCode = (await demo()) ? 0 : 1;
