import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCgroups } from '../../../src/runner/command/cgroup-descendants.ts';
import { type EnclosureContext } from '../../../src/runner/command/enclosure.ts';
import { createPlainEnclosure, type PlainOptions } from '../../../src/runner/command/plain-enclosure.ts';
import { describeWith, hasTool } from '../../helpers/required-tool.ts';
import { type CommandBed, openCommandBed, processesWith, rareSeconds } from './command-bed.ts';

const canDropUser = process.getuid?.() === 0 && hasTool('setpriv');
const hasCgroups = canMakeCgroup();

function canMakeCgroup(): boolean {
  const opened = openCgroups();
  opened?.close();
  return opened !== null;
}

/** What every level promises, with or without a cgroup. */
function promisesOfAll(bed: () => CommandBed): void {
  it('give exit code and output in order', async () => {
    expect(await bed().run('echo a; echo b >&2; exit 7')).toMatchObject({
      exitCode: 7,
      limit: null,
      output: 'a\nb\n',
    });
    expect(await bed().run('kill -TERM $$')).toMatchObject({ exitCode: 143, limit: null });
  });

  it('start with a clean environment and a home of their own', async () => {
    process.env['CANARY_OF_THE_RUNNER'] = 'canary-value';
    const end = await bed().run('env; echo poison >~/.npmrc');
    delete process.env['CANARY_OF_THE_RUNNER'];
    expect(end.output).not.toContain('canary-value');
    expect(end.output).not.toContain(`HOME=${homedir()}\n`);
    expect(await bed().run('ls -A ~')).toMatchObject({ output: 'tmp\n' });
  });

  it('end at the limits for time and output, and when cancelled', async () => {
    const seconds = rareSeconds();
    const late = await bed().run(`echo begun; setsid sleep ${seconds} & sleep ${seconds}`, {
      timeoutMs: 300,
    });
    expect(late).toMatchObject({ exitCode: null, limit: 'timeout', output: 'begun\n' });
    const loud = await bed().run('head -c 1000000000 /dev/zero | tr "\\0" x; sleep 100');
    expect(loud).toMatchObject({ exitCode: null, limit: 'output' });
    const cancelled = await bed().run(`sleep ${seconds}`, { signal: AbortSignal.timeout(200) });
    expect(cancelled).toMatchObject({ exitCode: null, limit: 'cancelled' });
    expect(await processesWith(seconds)).toEqual([]);
  });

  it('run side by side without ending each other', async () => {
    const ends = await Promise.all([1, 2, 3].map((number) => bed().run(`sleep 0.${number}; echo ${number}`)));
    expect(ends.map(({ output }) => output)).toEqual(['1\n', '2\n', '3\n']);
  });

  it('are pointed at the proxy to registries when they may use them', async () => {
    const ask = 'curl -sS -o /dev/null https://example.com 2>&1 | head -1';
    const end = await bed().run(ask, { network: { registries: [] } });
    expect(end.output).toContain('[not allowed to reach: example.com]');
  });
}

function promisesOfSeparateUser(bed: () => CommandBed): void {
  promisesOfAll(bed);

  it('run as a user that owns nothing and cannot become another', async () => {
    const end = await bed().run('id -u; id -G; grep -E "CapEff|CapBnd|NoNewPrivs" /proc/self/status');
    expect(end.output).toMatch(/^(6\d{4})\n6\d{4} \1\nCapEff:\s+0+\nCapBnd:\s+0+\nNoNewPrivs:\s+1\n$/);
  });

  it('write to their tree, and not into its `.git`', async () => {
    const tree = join(bed().root, 'trees', 'git');
    execFileSync('git', ['init', '-q', tree]);
    await fs.mkdir(join(tree, 'src'));
    await fs.writeFile(join(tree, 'src', 'a.txt'), 'a');
    await bed().commands.prepareFolder(tree);
    const end = await bed().run(
      'echo b >src/a.txt; echo c >new; touch .git/hooks/x .git/x; git status --short',
      { tree },
    );
    expect(end.output.match(/Permission denied/g)).toHaveLength(2);
    expect(end.output).toMatch(/\?\? new\n\?\? src\/\n$/);
    expect(execFileSync('git', ['status', '--short'], { cwd: tree, encoding: 'utf8' })).toContain('?? new');
  });
}

function useBed(open: () => Promise<CommandBed>): () => CommandBed {
  let bed: CommandBed | null = null;
  beforeAll(async () => {
    bed = await open();
  });
  afterAll(() => bed?.close());
  return () => {
    if (bed === null) throw new Error('the bed is not open yet');
    return bed;
  };
}

const enclosed = (options: (context: EnclosureContext) => PlainOptions) => () =>
  openCommandBed({ enclosure: (context) => createPlainEnclosure(context, options(context)) });

describeWith(
  'a root runner with setpriv and cgroup v2',
  canDropUser && hasCgroups,
  'commands of a separate user, in a cgroup',
  () => {
    const bed = useBed(enclosed(({ user }) => ({ user, cgroups: openCgroups(), hasLimits: true })));
    promisesOfSeparateUser(bed);
  },
);

describeWith('a root runner with setpriv', canDropUser, 'commands of a separate user, searched for', () => {
  const bed = useBed(enclosed(({ user }) => ({ user, cgroups: null, hasLimits: true })));
  promisesOfSeparateUser(bed);

  it('say that they wait for each other', () => {
    expect(bed().commands.level).toBe('separate-user');
    expect(bed().commands.caveats.join('\n')).toContain('Commands run one after another.');
  });
});

describe('commands without isolation', () => {
  const bed = useBed(enclosed(() => ({ user: null, cgroups: null, hasLimits: hasTool('prlimit') })));
  promisesOfAll(bed);

  it('say that they promise no secrecy', () => {
    expect(bed().commands.level).toBe('none');
    expect(bed().commands.caveats.join('\n')).toContain("Commands run as the runner's own user");
  });
});
