import { readdir, readFile, rm, mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Workspace, type WorkspaceProvider } from '../../src/run/ports.ts';
import { createLocalWorkspaces } from '../../src/workspace/local.ts';
import { argumentsOf, environmentOf, familyOf } from '../helpers/process-memory.ts';
import { createBed } from './daytona/bed.ts';
import { quiet, sampleRun, SCRIPTED_RUNNER, scriptedJob } from './samples.ts';

const SECRET = 'canary-standalone';
const VARIABLES = {
  TASK_ID: 'run-1',
  GITHUB_TOKEN: SECRET,
  EMPTY: '',
  AGENT_PROMPT: `"quotes" 'and' $(touch /tmp/x) \`date\`\n---\nerror: x = y\r\n\0 ü🙂 ${'long '.repeat(60_000)}`,
};
const Seen = z.object({
  variables: z.array(z.string()),
  environment: z.array(z.string()),
  pid: z.number(),
});

interface UnderTest {
  readonly provider: WorkspaceProvider;
  /** Where the files of all workspaces are. */
  readonly folder: string;
  readonly another: () => Promise<WorkspaceProvider>;
  readonly dispose: () => Promise<void>;
}

async function localBed(): Promise<UnderTest> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'ptc-workspaces-'));
  const another = async (): Promise<WorkspaceProvider> =>
    createLocalWorkspaces({ folder, runnerFile: SCRIPTED_RUNNER, log: quiet });
  return { provider: await another(), folder, another, dispose: () => rm(folder, { recursive: true }) };
}

async function daytonaBed(): Promise<UnderTest> {
  const bed = await createBed();
  await bed.ensure('run-1');
  const [sandbox] = bed.daytona.sandboxes();
  const folder = sandbox?.folder ?? '';
  return { provider: bed.provider, folder, another: () => bed.another(), dispose: () => bed.close() };
}

describe.each([
  ['local', localBed],
  ['Daytona', daytonaBed],
] as const)('in %s workspaces a runner that stands alone', (_name, makeBed) => {
  let bed: UnderTest;
  let workspace: Workspace;
  const { signal } = new AbortController();

  beforeAll(async () => {
    bed = await makeBed();
    workspace = await bed.provider.ensure(sampleRun('run-1'), signal);
  });
  afterEach(async () => {
    await bed.provider.remove('run-1');
    workspace = await bed.provider.ensure(sampleRun('run-1'), signal);
  });
  afterAll(async () => {
    await bed.provider.remove('run-1');
    await bed.dispose();
  });

  const text = async (name: string): Promise<string | null> => {
    const bytes = await workspace.read(name, 1_000_000);
    return bytes === null ? null : Buffer.from(bytes).toString();
  };
  const seen = async (): Promise<z.infer<typeof Seen>> => {
    for (;;) {
      const found = await text('seen.json');
      if (found !== null) return Seen.parse(JSON.parse(found));
      await sleep(20);
    }
  };

  it('reads its variables whole, and they are in no file, no command and no environment', async () => {
    expect(await workspace.runnerState()).toBe('not-started');
    await workspace.startStandalone(VARIABLES, signal);
    const { variables, environment, pid } = await seen();
    expect(await workspace.runnerState()).toBe('running');
    expect(variables).toEqual([
      'TASK_ID=run-1',
      'GITHUB_TOKEN=seen',
      'EMPTY=',
      `AGENT_PROMPT=${VARIABLES.AGENT_PROMPT.replace('\0', '\uFFFD')}`,
      '',
    ]);
    expect(environment).toEqual(['HOME', 'LANG', 'PATH', 'TMPDIR']);
    for (const member of familyOf(pid)) {
      expect(environmentOf(member) + argumentsOf(member)).not.toContain(SECRET);
    }
    const entries = await readdir(bed.folder, { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((each) => each.isFile())) {
      const file = path.join(entry.parentPath, entry.name);
      expect(await readFile(file, 'utf8').catch(() => ''), file).not.toContain(SECRET);
    }
  });

  it('is started once, however often and by whomever', async () => {
    await Promise.all([1, 2, 3].map(() => workspace.startStandalone(VARIABLES, signal)));
    await seen();
    const other = await (await bed.another()).ensure(sampleRun('run-1'), signal);
    await other.startStandalone(VARIABLES, signal);
    await other.startRunner(scriptedJob('run-1', 'hello'), signal);
    expect(await text('starts')).toBe('.');
  });

  it('is ended when its workspace is removed', async () => {
    await workspace.startStandalone(VARIABLES, signal);
    const { pid } = await seen();
    await bed.provider.remove('run-1');
    expect(argumentsOf(pid)).toBe('');
  });
});
