import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { bundleStandalone, foreignToStandalone } from '../../../scripts/bundle-runner.ts';
import { RunnerResult } from '../../../src/protocol/runner-result.ts';
import { standAlone } from '../../../src/runner/standalone/stand-alone.ts';
import { type Environment } from '../../../src/runner/standalone/variables.ts';
import { type Forge, type RepositoryHandle, startForge } from '../../helpers/forge/index.ts';
import { type Files } from '../../helpers/forge/index.ts';
import { type Script, type ScriptedModel, startScriptedModel } from '../../helpers/scripted-model.ts';

const OWNER = 'acme';
/** May push to the repository. */
const PERSON = 'maria';
/** Must turn up nowhere but in requests to the model. */
export const PROVIDER_KEY = 'canary-provider-key-9c22e1';

/** A receiver of webhooks on loopback; answers 200 unless told otherwise. */
export interface Receiver {
  readonly url: string;
  /** Bodies of all posts there were, in their order. */
  readonly posts: readonly Readonly<Record<string, unknown>>[];
  /** The next posts get these statuses; null is no answer at all. */
  answerNext(...statuses: readonly (number | null)[]): void;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const posts: Record<string, unknown>[] = [];
  const statuses: (number | null)[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const parsed: Record<string, unknown> = JSON.parse(body);
      posts.push(parsed);
      const status = statuses.length === 0 ? 200 : statuses.shift();
      if (status === null || status === undefined) request.socket.destroy();
      else response.writeHead(status).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the receiver has no port');
  return {
    url: `http://127.0.0.1:${address.port}/api/webhook/daytona`,
    posts,
    answerNext: (...next) => void statuses.push(...next),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close').catch(() => {});
    },
  };
}

export interface Ended {
  readonly code: number | null;
  /** Standard output and errors. */
  readonly log: string;
  /** Text of a file of the workspace's folder; null without it. */
  readonly file: (name: string) => string | null;
  readonly result: () => RunnerResult;
}

/** A forge with a repository, a model, and a receiver. */
export interface StandaloneBed {
  readonly forge: Forge;
  readonly repository: RepositoryHandle;
  readonly receiver: Receiver;
  readonly model: ScriptedModel;
  /** The contract's variables for this repository, and where the model is. */
  readonly env: Environment;
  /** In this process. */
  run(env?: Environment, stop?: AbortController): Promise<Ended>;
  /** By the template's execution.sh, as in a workspace. */
  execute(
    env?: Environment,
    onLine?: (line: string, kill: (signal: NodeJS.Signals) => void) => void,
  ): Promise<Ended>;
  pullRequests(): Promise<readonly Readonly<Record<string, unknown>>[]>;
  close(): Promise<void>;
}

export interface BedChoice {
  readonly files: Files;
  readonly script: Script;
  readonly prompt: string;
  readonly private?: boolean;
  /** Shape of the model's API. */
  readonly provider?: 'anthropic' | 'openai';
}

export async function standaloneBed(choice: BedChoice): Promise<StandaloneBed> {
  const { files, script, prompt, provider = 'anthropic' } = choice;
  const folders: string[] = [];
  const newFolder = async (name: string): Promise<string> => {
    const folder = await mkdtemp(path.join(tmpdir(), `ptc-${name}-`));
    // Commands run as another user when we are root, and must be able to reach their tree.
    await chmod(folder, 0o711);
    folders.push(folder);
    return folder;
  };
  const [forge, model, receiver] = await Promise.all([
    startForge(),
    startScriptedModel(script),
    startReceiver(),
  ]);
  const repository = await forge.addRepository({
    owner: OWNER,
    name: 'project',
    files,
    private: choice.private ?? false,
    collaborators: { [PERSON]: 'write' },
  });
  const env: Environment = {
    TARGET_REPO: repository.cloneUrl,
    TASK_ID: 'task-17',
    AGENT_PROMPT: prompt,
    GITHUB_TOKEN: forge.userToken(PERSON),
    GITHUB_API_URL: forge.url,
    WEBHOOK_URL: receiver.url,
    WORKSPACE_ID: 'workspace-3',
    ...(provider === 'anthropic'
      ? { ANTHROPIC_API_KEY: PROVIDER_KEY, ANTHROPIC_BASE_URL: model.url }
      : { OPENAI_API_KEY: PROVIDER_KEY, OPENAI_BASE_URL: `${model.url}/v1` }),
    // Our own samples may go on where a machine offers no isolation.
    PTC_UNSAFE_NO_ISOLATION: 'true',
  };
  let template: Promise<string> | null = null;
  const makeTemplate = async (): Promise<string> => {
    const folder = await newFolder('template');
    const foreign = foreignToStandalone(await bundleStandalone(path.join(folder, 'standalone.mjs')));
    if (foreign.length > 0) throw new Error(`The runner reaches the control plane: ${foreign.join(', ')}`);
    const script = new URL('../../../daytona-template/execution.sh', import.meta.url);
    await copyFile(script, path.join(folder, 'execution.sh'));
    return folder;
  };

  return {
    forge,
    repository,
    receiver,
    model,
    env,
    async run(changes = {}, stop = new AbortController()) {
      const folder = await newFolder('standalone');
      const lines: string[] = [];
      const print = (line: string): void => void lines.push(line);
      const code = await standAlone({ env: { ...env, ...changes }, folder, stop, print });
      return { code, log: lines.join('\n'), ...filesOf(folder) };
    },
    async execute(changes = {}, onLine = () => {}) {
      template ??= makeTemplate();
      const [place, folder] = await Promise.all([template, newFolder('workspace')]);
      const child = spawn('bash', [path.join(place, 'execution.sh')], {
        env: {
          PATH: `${path.dirname(process.execPath)}:${process.env['PATH']}`,
          ...env,
          ...changes,
          PTC_TEMPLATE_FOLDER: place,
          PTC_WORKSPACE_FOLDER: folder,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let log = '';
      const hear = (chunk: Buffer): void => {
        log += chunk.toString();
        for (const line of chunk.toString().split('\n')) onLine(line, (signal) => child.kill(signal));
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      await once(child, 'close');
      return { code: child.exitCode, log, ...filesOf(folder) };
    },
    async pullRequests() {
      const { body } = await forge.as(PERSON, 'GET', `/repos/${repository.fullName}/pulls?state=all`);
      return Array.isArray(body) ? body : [];
    },
    async close() {
      await Promise.all([forge.close(), model.stop(), receiver.close()]);
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
    },
  };
}

function filesOf(folder: string): Pick<Ended, 'file' | 'result'> {
  const file = (name: string): string | null => {
    const place = path.join(folder, name);
    return existsSync(place) ? readFileSync(place, 'utf8') : null;
  };
  return { file, result: () => RunnerResult.parse(JSON.parse(file('result.json') ?? 'null')) };
}
