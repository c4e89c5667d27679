import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished } from 'vitest';
import * as z from 'zod';
import { WebhookMessage } from '../../src/protocol/outgoing-webhook.ts';
import { type Receiver, startReceiver } from '../webhook/receiver.ts';
import { freePort } from './free-port.ts';
import { leftBehind, leftByOneRun } from './left-behind.ts';
import { type ServerProcess } from './server-process.ts';
import {
  createWorld,
  MAINTAINER,
  OWNER,
  PROVIDER_KEY,
  REPOSITORY,
  type RunState,
  until,
  type World,
  type WorldOptions,
} from './world.ts';

const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes long').toString('base64')}`;
const api = `/repos/${OWNER}/${REPOSITORY}`;
const Comments = z.array(z.object({ body: z.string() }));
const CheckRuns = z.object({
  check_runs: z.array(
    z.object({
      external_id: z.string(),
      conclusion: z.string(),
      output: z.object({ title: z.string() }),
    }),
  ),
});

/** A world whose server lets workspaces stand alone, and what is told of its runs. */
export interface StandaloneWorld {
  readonly world: World;
  readonly receiver: Receiver;
  /** Starts the server, again at the same address. */
  start(env?: Readonly<Record<string, string>>): Promise<ServerProcess>;
  /** The comments on the issue, one text. */
  comments(issue: number): Promise<string>;
  checkRuns(sha: string): Promise<z.infer<typeof CheckRuns>['check_runs']>;
  /** What the operator's receiver was told at last. */
  told(): z.infer<typeof WebhookMessage> | null;
  /** Which of the run's secrets stand in files of the data folder, the workspaces among them. */
  secretsOnDisk(): Promise<readonly string[]>;
  /** Which of them stand in the text. */
  secretsIn(text: string): readonly string[];
}

export async function standaloneWorld(options: WorldOptions = {}): Promise<StandaloneWorld> {
  const [world, receiver, port] = await Promise.all([createWorld(options), startReceiver([204]), freePort()]);
  onTestFinished(() => world.close());
  const { forge, dataDir } = world;
  const get = async (route: string): Promise<unknown> =>
    (await forge.as(MAINTAINER, 'GET', `${api}/${route}`)).body;
  const secrets = (): readonly string[] => [
    PROVIDER_KEY,
    'secret=',
    ...forge.installationTokens().flatMap(({ token }) => [token, asBasic(token)]),
  ];
  const secretsIn = (text: string): readonly string[] => secrets().filter((secret) => text.includes(secret));
  return {
    world,
    receiver,
    start: (env = {}) =>
      world.start({
        PORT: String(port),
        PTC_WORKSPACE_MODE: 'standalone',
        PTC_PUBLIC_WEBHOOKS_URL: `http://127.0.0.1:${port}`,
        PTC_WEBHOOK_URL: receiver.url,
        PTC_WEBHOOK_SECRET: SECRET,
        ...env,
      }),
    comments: async (issue) =>
      Comments.parse(await get(`issues/${issue}/comments`))
        .map(({ body }) => body)
        .join('\n'),
    checkRuns: async (sha) => CheckRuns.parse(await get(`commits/${sha}/check-runs`)).check_runs,
    told: () => {
      const last = receiver.received.at(-1);
      return last === undefined ? null : WebhookMessage.parse(JSON.parse(last.body));
    },
    secretsIn,
    secretsOnDisk: async () => {
      const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      const found = await Promise.all(
        files.map(async ({ parentPath, name }) => {
          const file = path.join(parentPath, name);
          // What goes away while it is read is left out.
          const content = await readFile(file, 'latin1').catch(() => '');
          return secretsIn(content).map((secret) => `${secret} in ${file}`);
        }),
      );
      return found.flat();
    },
  };
}

const Pulls = z.array(
  z.object({ number: z.number(), html_url: z.string(), head: z.object({ sha: z.string() }) }),
);
const BRANCH = 'ptc/1-a-whole-hour-is-shown-as-60m';

async function pullRequestOf({ world }: StandaloneWorld) {
  const { body } = await world.forge.as(MAINTAINER, 'GET', `/repos/${OWNER}/${REPOSITORY}/pulls?state=all`);
  const [pull] = Pulls.parse(body);
  if (pull === undefined) throw new Error('there is no pull request');
  return pull;
}

/** The workspace's words, as the run's events. */
export const wordsOf = ({ events }: RunState): readonly string[] =>
  events.flatMap((event) => (event.type === 'note' ? [event.text] : []));

/** Expects of a run that went well what is expected of every such run, and that it says who vouches for it. */
export const expectFollowed = async (bed: StandaloneWorld, runId: string, issue: number): Promise<void> => {
  const pull = await pullRequestOf(bed);
  expect(await leftBehind(bed.world, issue)).toEqual({
    ...leftByOneRun(bed.world, runId),
    checkRuns: [{ external_id: runId, conclusion: 'neutral' }],
  });
  expect(await bed.comments(issue)).toContain('The workspace stood alone');
  expect(await bed.checkRuns(pull.head.sha)).toMatchObject([
    { output: { title: 'Reported by the workspace, which stood alone' } },
  ]);
  await until('the result to be told', () => bed.told()?.type === 'run.completed');
  expect(bed.told()?.data).toMatchObject({
    run_id: runId,
    status: 'succeeded',
    pull_request: { number: pull.number, url: pull.html_url, branch: BRANCH, commit: pull.head.sha },
    proof: null,
  });
};

/** As git sends it. */
const asBasic = (token: string): string => Buffer.from(`x-access-token:${token}`).toString('base64');
