import { spawn } from 'node:child_process';
import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type RecordedRequest } from './forge/index.ts';
import { SAMPLE_TURNS } from './sample-project.ts';
import { type ScriptedModel, type ScriptedTurn } from './scripted-model.ts';
import { type ServerProcess } from './server-process.ts';
import { type World, until } from './world.ts';

/** Which turn the lingering command is asked for in. */
const LINGERING_TURN = 1;
export const LINGERING_COMMAND = 'touch started; until [ -e go ]; do sleep 0.1; done; rm started go';

/** The sample's turns, and between them a command that goes on until it is let go. */
export const LINGERING_TURNS: readonly ScriptedTurn[] = [
  ...SAMPLE_TURNS.slice(0, LINGERING_TURN),
  {
    tools: [
      {
        name: 'run_command',
        input: { command: LINGERING_COMMAND },
      },
    ],
  },
  ...SAMPLE_TURNS.slice(LINGERING_TURN),
];

/** How often the model was asked for each of its turns, the atomizer's last, and a way to keep one of them waiting. */
export interface WatchedModel {
  readonly asked: readonly number[];
  /** Holds the next answer of this turn back until `release`. */
  hold(turn: number): { readonly isAsked: () => boolean; readonly release: () => void };
}

export function watchModel({ server }: ScriptedModel): WatchedModel {
  const fixtures = server.getFixtures();
  const asked = fixtures.map(() => 0);
  const held = new Map<number, { readonly onAsked: () => void; readonly released: Promise<void> }>();
  for (const [turn, fixture] of fixtures.entries()) {
    const { response } = fixture;
    fixture.response = async (request) => {
      asked[turn] = (asked[turn] ?? 0) + 1;
      const hold = held.get(turn);
      held.delete(turn);
      hold?.onAsked();
      await hold?.released;
      return typeof response === 'function' ? response(request) : response;
    };
  }
  return {
    asked,
    hold: (turn) => {
      const released = Promise.withResolvers<void>();
      let isAsked = false;
      held.set(turn, { onAsked: () => (isAsked = true), released: released.promise });
      return { isAsked: () => isAsked, release: released.resolve };
    },
  };
}

/** A moment of a run that stands still until the server has ended. */
export interface Moment {
  readonly name: string;
  arm(world: World, model: WatchedModel): Promise<ArmedMoment> | ArmedMoment;
}

interface ArmedMoment {
  /** True once the run is there: from then on it does not move. */
  readonly isReached: () => Promise<boolean> | boolean;
  /** Called when the server knows that it is to end. */
  readonly ending?: () => void;
  /** Called when it has ended. */
  readonly ended?: () => Promise<void>;
}

/** Before the forge handles such a request (then it never will), or after it and before it answers. */
const atRequest = (
  when: 'before' | 'after',
  step: string,
  operationId: string,
  matches: (request: RecordedRequest) => boolean = () => true,
): Moment => ({
  name: `${step}, ${when} ${operationId}`,
  arm: ({ forge }) => {
    let isReached = false;
    const standStill = (): Promise<never> => {
      isReached = true;
      return new Promise(() => {});
    };
    forge.on(
      (request) => request.operationId === operationId && matches(request),
      when === 'before' ? standStill : { after: standStill },
      { times: 1 },
    );
    return { isReached: () => isReached };
  },
});

const aroundRequest = (
  ...request: [step: string, operationId: string, matches?: (request: RecordedRequest) => boolean]
) => [atRequest('before', ...request), atRequest('after', ...request)];

export const MODEL_ASKED: Moment = {
  name: 'running, while a model request is in flight',
  arm: (_world, model) => {
    const { isAsked, release } = model.hold(0);
    return { isReached: isAsked, ending: release };
  },
};

/** The command is let go while no server is there, so the runner asks its next request of nobody. */
export const COMMAND_LINGERS: Moment = {
  name: 'running, after a model request was answered',
  arm: (world) => ({
    isReached: async () => {
      const workspace = await workspaceOf(world);
      return workspace !== null && exists(path.join(workspace, 'trees', 'work', 'started'));
    },
    ended: async () => {
      const workspace = (await workspaceOf(world)) ?? '';
      await writeFile(path.join(workspace, 'trees', 'work', 'go'), '');
      await until('the runner to ask again', async () => {
        const events = await readFile(path.join(workspace, 'events.ndjson'), 'utf8');
        return (
          events.split('\n').filter((line) => line.includes('"model.request"')).length > LINGERING_TURN + 1
        );
      });
    },
  }),
};

/** A process of the workspace that does not end when it is told to: its removal takes its time. */
const REMOVAL_STARTED: Moment = {
  name: 'disposing, while processes of the workspace are ended',
  arm: async (world) => {
    const told = path.join(world.dataDir, 'told-to-end');
    const guard = `trap 'touch "$0"' TERM; while [ -e workspace.json ]; do sleep 0.05; done`;
    spawn('bash', ['-c', guard, told], { cwd: (await workspaceOf(world)) ?? '', stdio: 'ignore' });
    return { isReached: () => exists(told) };
  },
};

const bodyHas =
  (text: string) =>
  ({ body }: RecordedRequest): boolean =>
    JSON.stringify(body ?? null).includes(text);
const readsOnly = bodyHas('"contents":"read"');
const isReport = bodyHas('Done: #');

export const COMMIT_ON_BRANCH = atRequest('after', 'publishing', 'git/create-ref');

/** One moment or more of every step of a run, in the order in which a run comes to them. */
export const MOMENTS: readonly Moment[] = [
  ...aroundRequest('admitting', 'reactions/create-for-issue'),
  ...aroundRequest('acknowledging', 'issues/create-comment'),
  ...aroundRequest('provisioning', 'apps/create-installation-access-token', readsOnly),
  MODEL_ASKED,
  COMMAND_LINGERS,
  ...aroundRequest('publishing', 'git/create-tree'),
  ...aroundRequest('publishing', 'git/create-commit'),
  atRequest('before', 'publishing', 'git/create-ref'),
  COMMIT_ON_BRANCH,
  ...aroundRequest('publishing', 'pulls/create'),
  ...aroundRequest('reporting', 'checks/create'),
  ...aroundRequest('reporting', 'issues/update-comment', isReport),
  REMOVAL_STARTED,
];

/** Waits until the run is at the moment, then ends the server there. */
export async function endAt(
  moment: Moment,
  { isReached, ending, ended }: ArmedMoment,
  server: ServerProcess,
  signal: 'SIGTERM' | 'SIGKILL',
): Promise<void> {
  await until(moment.name, isReached).catch((error: unknown) => {
    throw new Error(server.log.slice(-40).join('\n'), { cause: error });
  });
  const exit = server.end(signal);
  if (signal === 'SIGTERM') {
    await until('the server to stop', () => server.log.some((line) => line.includes('"stopping"')));
    ending?.();
  }
  await exit;
  ending?.();
  await ended?.();
}

/** The folder of the one workspace there is. */
async function workspaceOf({ dataDir, daytona }: World): Promise<string | null> {
  if (daytona !== null) return daytona.place('ptc');
  const folder = path.join(dataDir, 'workspaces');
  const [name] = await readdir(folder).catch(() => []);
  return name === undefined ? null : path.join(folder, name);
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
