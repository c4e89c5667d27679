/**
 * The main job, end to end, on this machine: a GitHub-shaped forge on loopback, a model (scripted, unless a key
 * is set), a small repository with a real bug. The issue is labelled over the API; everything after that is
 * the real server doing its real work.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Forge, startForge } from '../helpers/forge/index.ts';
import { SAMPLE_FILES, SAMPLE_ISSUE, SAMPLE_TURNS } from '../helpers/sample-project.ts';
import { startScriptedModel } from '../helpers/scripted-model.ts';
import { type ServerProcess, startServer } from '../helpers/server-process.ts';
import { followRun } from './follow-run.ts';
import { showPullRequest } from './show-pull-request.ts';

const WEBHOOK_SECRET = 'only-for-this-demo-on-loopback';
const OWNER = 'acme';
const REPOSITORY = 'duration';
const MAINTAINER = 'maria';

const { values: options } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** A provider’s key of the caller’s environment, or the scripted model. */
async function chooseModel(): Promise<{
  readonly env: Readonly<Record<string, string>>;
  readonly name: string;
  readonly stop: () => Promise<void>;
}> {
  const names = ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'OPENROUTER_API_KEY', 'KIMI_API_KEY'];
  const given = names.filter((name) => (process.env[name] ?? '') !== '');
  if (given.length > 0) {
    const wanted = [...given, 'PTC_MODELS', ...given.map((name) => name.replace('API_KEY', 'BASE_URL'))];
    const env = Object.fromEntries(
      wanted.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
    );
    return { env, name: `a real one (${given.join(', ')} is set)`, stop: async () => {} };
  }
  const model = await startScriptedModel(SAMPLE_TURNS);
  return {
    env: {
      ANTHROPIC_API_KEY: 'none-needed',
      ANTHROPIC_BASE_URL: model.url,
      PTC_MODELS: 'anthropic:claude-sonnet-4-6',
    },
    name: 'scripted, over HTTP (set ANTHROPIC_API_KEY or another provider’s key for a real one)',
    stop: () => model.stop(),
  };
}

/** Opens and labels the issue; resolves to the id of the run that its delivery becomes. */
async function labelIssue(forge: Forge): Promise<string> {
  const repository = `/repos/${OWNER}/${REPOSITORY}`;
  await forge.as(MAINTAINER, 'POST', `${repository}/issues`, SAMPLE_ISSUE);
  await forge.as(MAINTAINER, 'POST', `${repository}/issues/1/labels`, { labels: ['ptc:build'] });
  await forge.settled();
  const labeled = forge.deliveries.find(({ event, action }) => event === 'issues' && action === 'labeled');
  if (labeled === undefined) throw new Error('the forge sent no webhook for the label');
  return `run-${labeled.guid}`;
}

async function demo(): Promise<boolean> {
  const startedAt = performance.now();
  const dataDir = await mkdtemp(path.join(tmpdir(), 'ptc-demo-'));
  // Commands run as another user when we are root, and must be able to reach their tree.
  await chmod(dataDir, 0o711);
  const forge = await startForge();
  const model = await chooseModel();
  let server: ServerProcess | null = null;
  try {
    say(`PTC Bot demo\n  model: ${model.name}\n  forge: ${forge.url}/${OWNER}/${REPOSITORY}`);
    const app = forge.addApp({ webhookSecret: WEBHOOK_SECRET });
    await forge.addRepository({
      owner: OWNER,
      name: REPOSITORY,
      files: SAMPLE_FILES,
      collaborators: { [MAINTAINER]: 'write' },
    });
    forge.install(app, OWNER);
    // The demo alone may go on without isolation: its repository is our own.
    const env = { ...model.env, PTC_UNSAFE_NO_ISOLATION: 'true' };
    server = await startServer({ forge, app, webhookSecret: WEBHOOK_SECRET, dataDir, env });
    say(`  run pages: ${server.apiUrl}\n\n${MAINTAINER} labels issue #1 “${SAMPLE_ISSUE.title}” ptc:build\n`);
    const status = await followRun(server, await labelIssue(forge), startedAt, say);
    await showPullRequest(forge, `${OWNER}/${REPOSITORY}`, say);
    say(`\n${status} after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    if (options.keep) await keepRunning(forge, server);
    return status === 'succeeded';
  } finally {
    await server?.end('SIGTERM');
    await model.stop();
    await forge.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function keepRunning(forge: Forge, server: ServerProcess): Promise<void> {
  const repository = `${forge.url}/repos/${OWNER}/${REPOSITORY}`;
  say(`\nStill running, until Ctrl-C:
  run pages      ${server.apiUrl}
  pull request   curl -H "authorization: Bearer ${forge.userToken(MAINTAINER)}" ${repository}/pulls/2
  clone          git clone ${forge.url.replace('http://', `http://x:${forge.userToken(MAINTAINER)}@`)}/${OWNER}/${REPOSITORY}.git
  (the token is made up and valid on this loopback forge alone)`);
  await new Promise<void>((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
}

process.exitCode = (await demo()) ? 0 : 1;
