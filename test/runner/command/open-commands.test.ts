import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCommands } from '../../../src/runner/command/open-commands.ts';
import { LIMITS, makeWorkspaceFolder, SETTINGS } from './command-bed.ts';

const isRoot = process.getuid?.() === 0;
const MODULE = join(import.meta.dirname, '../../../src/runner/command/open-commands.ts');

let root: string;
beforeEach(async () => {
  root = await makeWorkspaceFolder();
});
afterEach(() => fs.rm(root, { recursive: true, force: true }));

/** What `openCommands` gives a runner that is not root, on a machine without bubblewrap. */
async function openWithoutTools(allowNone: boolean): Promise<Record<string, unknown>> {
  const programs = join(root, 'programs');
  await fs.mkdir(programs);
  for (const name of ['bash', 'mkfifo', 'prlimit'])
    await fs.symlink(`/usr/bin/${name}`, join(programs, name));
  const settings = { ...SETTINGS, allowNone };
  const script = `
    import(${JSON.stringify(pathToFileURL(MODULE).href)})
      .then(({ openCommands }) => openCommands(${JSON.stringify({ settings, limits: LIMITS, root })}))
      .then(async (commands) => { await commands.close(); return { level: commands.level, caveats: commands.caveats }; })
      .catch(({ code, message, remedy }) => ({ code, message, remedy }))
      .then((found) => console.log(JSON.stringify(found)));`;
  const node = [process.execPath, '--eval', script];
  const drop = ['/usr/bin/setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
  if (isRoot) await fs.chmod(root, 0o777);
  const [program = '', ...args] = isRoot ? [...drop, ...node] : node;
  const { stdout } = await promisify(execFile)(program, args, { env: { PATH: programs } });
  return JSON.parse(stdout);
}

describe('openCommands', () => {
  it('refuses a machine that cannot keep commands apart, and says why and what to do', async () => {
    const problem = await openWithoutTools(false);
    expect(problem).toMatchObject({ code: 'isolation-unavailable' });
    expect(problem['message']).toContain('bwrap');
    expect(problem['remedy']).toContain('apt-get install bubblewrap');
    expect(problem['remedy']).toContain('--unsafe-no-isolation');
    expect((await fs.readdir(root)).sort()).toEqual(['cache', 'programs']);
  });

  it('goes on without isolation only when a person allowed it', async () => {
    const opened = await openWithoutTools(true);
    expect(opened).toMatchObject({ level: 'none' });
    expect(opened['caveats']).toContainEqual(expect.stringContaining("run as the runner's own user"));
  });

  it('makes the package cache, and leaves nothing else behind when closed', async () => {
    const commands = await openCommands({ settings: { ...SETTINGS, allowNone: true }, limits: LIMITS, root });
    await commands.close();
    expect(await fs.readdir(root)).toEqual(['cache']);
  });
});
