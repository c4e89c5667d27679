import { readdir } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { MAINTAINER, OWNER, REPOSITORY, type World } from './world.ts';

const api = `/repos/${OWNER}/${REPOSITORY}`;
const Pulls = z.array(
  z.object({ state: z.string(), draft: z.boolean(), head: z.object({ ref: z.string(), sha: z.string() }) }),
);
const Refs = z.array(z.object({ ref: z.string() }));
const Comments = z.array(z.object({ user: z.object({ login: z.string() }), body: z.string() }));
const CheckRuns = z.object({
  check_runs: z.array(z.object({ external_id: z.string(), conclusion: z.string() })),
});

/** What is there once the run of this issue is over, on the forge and in the data folder. */
export async function leftBehind(world: World, issue: number) {
  const get = async (route: string): Promise<unknown> =>
    (await world.forge.as(MAINTAINER, 'GET', `${api}/${route}`)).body;
  const pullRequests = Pulls.parse(await get('pulls?state=all'));
  const comments = Comments.parse(await get(`issues/${issue}/comments`));
  const sha = pullRequests[0]?.head.sha ?? 'main';
  return {
    pullRequests: pullRequests.map(({ state, draft, head }) => ({ state, draft, branch: head.ref })),
    branches: Refs.parse(await get('git/matching-refs/heads/')).map(({ ref }) => ref),
    comments: comments.map(({ user, body }) => ({ login: user.login, isReport: body.includes('Done: #2') })),
    checkRuns: CheckRuns.parse(await get(`commits/${sha}/check-runs`)).check_runs,
    workspaces: await workspacesOf(world),
    violations: world.forge.violations,
  };
}

/** Names of those there are. */
const workspacesOf = async ({ dataDir, daytona }: World): Promise<readonly string[]> =>
  daytona === null ? readdir(path.join(dataDir, 'workspaces')) : daytona.sandboxes().map(({ name }) => name);

/** What one run that went well leaves, and nothing of it twice. */
export const leftByOneRun = (world: World, runId: string) => {
  const branch = 'ptc/1-a-whole-hour-is-shown-as-60m';
  return {
    pullRequests: [{ state: 'open', draft: false, branch }],
    branches: ['refs/heads/main', `refs/heads/${branch}`],
    comments: [{ login: world.app.botLogin, isReport: true }],
    checkRuns: [{ external_id: runId, conclusion: 'success' }],
    workspaces: [],
    violations: [],
  };
};
