import { expect, test } from 'vitest';
import { endAt, LINGERING_TURNS, watchModel } from '../helpers/crash-moments.ts';
import { DAYTONA_MOMENTS } from '../helpers/daytona-moments.ts';
import { leftBehind, leftByOneRun } from '../helpers/left-behind.ts';
import { createWorld, until, untilFinished } from '../helpers/world.ts';

test('a run in a Daytona workspace whose server is killed at ten moments does everything once', async () => {
  const world = await createWorld({ turns: LINGERING_TURNS, workspaces: 'daytona' });
  try {
    const model = watchModel(world.model);
    let server = await world.start();
    const issue = await world.openIssue();
    let runId = '';
    for (const moment of DAYTONA_MOMENTS) {
      // Armed while no server is there, so that the run cannot be past it already.
      const armed = await moment.arm(world, model);
      if (runId === '') runId = await world.label(issue);
      else server = await world.start();
      await endAt(moment, armed, server, 'SIGKILL');
    }
    server = await world.start();
    expect((await untilFinished(server, runId)).status).toBe('succeeded');
    expect(await leftBehind(world, issue)).toEqual(leftByOneRun(world, runId));
    // The answer that was on its way at the kill is asked for again, no other.
    expect(model.asked).toEqual(model.asked.map((_times, turn) => (turn === 0 ? 2 : 1)));
    const made = world.daytona?.requests.filter(({ route }) => route === 'POST /sandbox') ?? [];
    expect(new Set(made.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  } finally {
    await world.close();
  }
});

test('a run whose sandbox is deleted under it goes on in another', async () => {
  const world = await createWorld({ workspaces: 'daytona' });
  try {
    const held = watchModel(world.model).hold(1);
    const server = await world.start();
    const issue = await world.openIssue();
    const runId = await world.label(issue);
    await until('the model to be asked', held.isAsked);
    const [first] = world.daytona?.sandboxes() ?? [];
    if (first !== undefined) await world.daytona?.destroy(first);
    held.release();
    expect((await untilFinished(server, runId)).status).toBe('succeeded');
    expect(await leftBehind(world, issue)).toEqual(leftByOneRun(world, runId));
    expect(world.daytona?.requests.filter(({ route }) => route === 'POST /sandbox')).toHaveLength(2);
  } finally {
    await world.close();
  }
});
