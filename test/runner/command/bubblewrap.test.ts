import * as fs from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createBubblewrapEnclosure } from '../../../src/runner/command/bubblewrap-enclosure.ts';
import { describeWith, hasTool } from '../../helpers/required-tool.ts';
import { type CommandBed, openCommandBed, processesWith, rareSeconds } from './command-bed.ts';

const hasBubblewrap = hasTool('bwrap', ['--unshare-all', '--ro-bind', '/', '/', '--', 'true']);

describeWith('bubblewrap', hasBubblewrap, 'commands under bubblewrap', () => {
  let bed: CommandBed;
  beforeAll(async () => {
    bed = await openCommandBed({});
  });
  afterAll(() => bed.close());

  async function outputOf(command: string): Promise<string> {
    return (await bed.run(command)).output;
  }

  it('are what a machine with bubblewrap runs, and promise everything', () => {
    expect(bed.commands.level).toBe('bubblewrap');
    expect(bed.commands.caveats).toEqual([]);
  });

  it('end with their exit code, and 128 and the signal when a signal ended them', async () => {
    expect(await bed.run('exit 7')).toMatchObject({ exitCode: 7, limit: null });
    expect(await bed.run('kill -TERM $$')).toMatchObject({ exitCode: 143, limit: null });
  });

  it('give both streams in the order they were written, also by a path', async () => {
    const end = await bed.run('for i in 1 2 3; do echo out$i; echo err$i >&2; done; echo path >/dev/stderr');
    expect(end.output).toBe('out1\nerr1\nout2\nerr2\nout3\nerr3\npath\n');
    expect(end.outputBytes).toBe(35);
  });

  it('write to their tree, the cache and named folders, and nowhere else', async () => {
    const reports = join(bed.root, 'reports');
    const other = join(bed.root, 'trees', 'other');
    await bed.commands.prepareFolder(reports);
    await bed.commands.prepareFolder(other);
    const elsewhere = [other, '..', '../..', '/usr', '/etc', '/'];
    const command = `touch ${['.', '../../cache', reports, ...elsewhere].map((f) => `${f}/planted`).join(' ')}`;
    const end = await bed.run(command, { writable: [reports] });
    expect(end.output).toMatch(/^touch: cannot touch '\/usr\/planted': Read-only file system$/m);
    expect(end.output).toMatch(/^touch: cannot touch '\/+planted': Read-only file system$/m);
    for (const folder of elsewhere) {
      await expect(fs.access(join(resolve(bed.tree, folder), 'planted'))).rejects.toThrow('ENOENT');
    }
    expect(await fs.readdir(bed.tree)).toContain('planted');
    expect(await fs.readdir(join(bed.root, 'cache'))).toContain('planted');
    expect(await fs.readdir(reports)).toEqual(['planted']);
  });

  it('see no file of the runner: its home, the rest of the workspace folder, the repositories beside', async () => {
    await fs.writeFile(join(bed.root, 'job.json'), 'told only to the runner', { mode: 0o644 });
    expect(await outputOf(`ls ${bed.root}`)).toBe('cache\ntrees\n');
    expect(await outputOf(`cat ${bed.root}/job.json`)).toContain('No such file');
    const ssh = join(homedir(), '.ssh');
    expect(await outputOf(`test -e ${ssh} || echo hidden`)).toBe('hidden\n');
  });

  it('cannot take the runner for a friend: no capabilities, no new namespaces', async () => {
    const output = await outputOf(
      'grep -E "Cap(Eff|Bnd|Prm)|NoNewPrivs" /proc/self/status; unshare -U true && echo made',
    );
    expect(output).toMatch(/CapPrm:\s+0+\nCapEff:\s+0+\nCapBnd:\s+0+\nNoNewPrivs:\s+1\n/);
    expect(output).not.toContain('made\n');
  });

  it('know who they are', async () => {
    const script = 'const {username, homedir, uid} = os.userInfo(); console.log(username, homedir, uid)';
    expect(await outputOf(`node -e "${script}"`)).toMatch(/^command \/home\/command [1-9]\d*\n$/);
  });

  it('end at the output limit, with head and tail kept', async () => {
    const end = await bed.run('echo begin; head -c 1000000000 /dev/zero | tr "\\0" x; sleep 1000');
    expect(end).toMatchObject({ exitCode: null, limit: 'output' });
    expect(end.output).toMatch(/^begin\nx+\n\[… \d+ bytes left out …\]\nx+$/);
    expect(end.outputBytes).toBeLessThan(5 * 2 ** 20);
  });

  it('end at the time limit with all they started, and what they printed is kept', async () => {
    const seconds = rareSeconds();
    const end = await bed.run(`echo begun; (setsid sleep ${seconds} &); sleep ${seconds}`, {
      timeoutMs: 300,
    });
    expect(end).toMatchObject({ exitCode: null, limit: 'timeout', output: 'begun\n' });
    expect(await processesWith(seconds)).toEqual([]);
  });

  it('end when the run is cancelled, with all they started', async () => {
    const seconds = rareSeconds();
    const end = await bed.run(`trap '' TERM INT HUP; sleep ${seconds}; sleep ${seconds}`, {
      signal: AbortSignal.timeout(200),
    });
    expect(end).toMatchObject({ exitCode: null, limit: 'cancelled' });
    expect(await processesWith(seconds)).toEqual([]);
  });

  it('end at once when cancelled while they are being started', async () => {
    const seconds = rareSeconds();
    const cancel = new AbortController();
    const end = bed.run(`sleep ${seconds}`, { signal: cancel.signal });
    setImmediate(() => cancel.abort());
    expect(await end).toMatchObject({ limit: 'cancelled' });
    expect(await bed.run('true', { signal: AbortSignal.abort() })).toMatchObject({ limit: 'cancelled' });
    expect(await processesWith(seconds)).toEqual([]);
  });

  it('read `.git` and cannot write, replace or remove it', async () => {
    const tree = join(bed.root, 'trees', 'git');
    execFileSync('git', ['init', '-q', tree]);
    await fs.writeFile(join(tree, 'a.txt'), 'a');
    await bed.commands.prepareFolder(tree);
    const attack =
      'echo x >.git/hooks/post-commit; git config core.fsmonitor evil; rm -rf .git; mv .git old; ln -sfn /tmp .git; git status --short';
    const end = await bed.run(attack, { tree });
    expect(end.output).toMatch(/\?\? a\.txt\n$/);
    expect(await fs.readdir(join(tree, '.git', 'hooks'))).not.toContain('post-commit');
    expect(execFileSync('git', ['status', '--short'], { cwd: tree, encoding: 'utf8' })).toBe('?? a.txt\n');
  });

  it('read the repository of a worktree, and cannot write to it', async () => {
    const repository = join(bed.root, 'git');
    const tree = join(bed.root, 'trees', 'worktree');
    const git = (...args: string[]) => execFileSync('git', ['-C', repository, ...args]);
    execFileSync('git', ['init', '-q', '--bare', repository]);
    const author = ['-c', 'user.name=A', '-c', 'user.email=a@example.com'];
    const emptyTree = git('hash-object', '-wt', 'tree', '/dev/null').toString().trim();
    const commit = git(...author, 'commit-tree', '-m', 'first', emptyTree)
      .toString()
      .trim();
    git('worktree', 'add', '-q', '--detach', tree, commit);
    await bed.commands.prepareFolder(tree);
    const end = await bed.run('git log --format=%s; touch ../../git/planted; git config x.y z; rm .git', {
      tree,
    });
    expect(end.output).toMatch(/^first\n/);
    expect(await fs.readdir(repository)).not.toContain('planted');
    expect(await fs.readFile(join(repository, 'config'), 'utf8')).not.toContain('[x]');
    expect(await bed.run(`test -e ${repository} || echo hidden`)).toMatchObject({ output: 'hidden\n' });
  });

  it('gain nothing by planting a link: not as `.git`, not as a folder to write to', async () => {
    const outside = join(bed.root, 'outside');
    await fs.mkdir(outside);
    await fs.writeFile(join(outside, 'secret'), 'told only to the runner');
    await bed.run(`ln -s ${outside} .git; ln -s ${outside} reports; ln -s ${outside}/secret peek`);
    expect(await outputOf('cat .git/secret reports/secret peek')).not.toContain('told only');
    await expect(bed.run('touch reports/x', { writable: [join(bed.tree, 'reports')] })).rejects.toMatchObject(
      {
        code: 'command-path-refused',
      },
    );
    await expect(bed.run('true', { tree: bed.root })).rejects.toMatchObject({ code: 'command-path-refused' });
  });

  it('may listen on loopback of their own', async () => {
    const test = `
      import { test } from 'node:test';
      import { createServer } from 'node:http';
      import { once } from 'node:events';
      import assert from 'node:assert';
      test('serves', async () => {
        const server = createServer((q, r) => r.end('hi')).listen(0, '127.0.0.1');
        await once(server, 'listening');
        const response = await fetch('http://localhost:' + server.address().port);
        assert.equal(await response.text(), 'hi');
        server.close();
        server.closeAllConnections();
      });`;
    await fs.writeFile(join(bed.tree, 'listen.test.mjs'), test);
    for (const network of ['none', { registries: [] }] as const) {
      expect(await bed.run('node --test listen.test.mjs', { network })).toMatchObject({ exitCode: 0 });
    }
  });

  it('are told by the proxy what they may not reach', async () => {
    const connect = `exec 3<>/dev/tcp/127.0.0.1/3128; printf 'CONNECT example.com:443 HTTP/1.1\\r\\nHost: example.com:443\\r\\n\\r\\n' >&3; head -1 <&3; exit 5`;
    const end = await bed.run(connect, { network: { registries: [] } });
    expect(end.exitCode).toBe(5);
    expect(end.output).toContain('HTTP/1.1 403 Forbidden');
    expect(end.output).toContain('[not allowed to reach: example.com]');
  });

  it('run side by side without ending each other', async () => {
    const ends = await Promise.all(
      [1, 2, 3, 4].map((number) => bed.run(`sleep 0.${number}; echo ${number}`)),
    );
    expect(ends.map(({ output }) => output)).toEqual(['1\n', '2\n', '3\n', '4\n']);
  });

  it('say so when one could not be started', async () => {
    const missing = join(bed.root, 'trees', 'main', 'gone');
    await expect(bed.run('true', { tree: missing })).rejects.toMatchObject({ code: 'command-path-refused' });
    await expect(bed.run(`: ${'x'.repeat(200_000)}`)).rejects.toMatchObject({ code: 'command-not-started' });
  });

  it("share the machine's network for set-up where they cannot see the runner's Node, and say so", async () => {
    const other = await openCommandBed({ enclosure: (context) => createBubblewrapEnclosure(context, null) });
    expect(other.commands.caveats).toEqual([expect.stringContaining("share this machine's network")]);
    const connect = `exec 3<>/dev/tcp/127.0.0.1/\${HTTPS_PROXY##*:}; printf 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n' >&3; head -1 <&3`;
    const end = await other.run(connect, { network: { registries: [] } });
    expect(end.output).toContain('HTTP/1.1 403');
    expect((await other.run('cat /proc/net/route')).output.trim().split('\n')).toHaveLength(1);
    await other.close();
  });

  it('are ended by closing', async () => {
    const other = await openCommandBed({});
    const seconds = rareSeconds();
    const end = other.run(`sleep ${seconds}`);
    await other.close();
    expect(await end).toMatchObject({ limit: 'cancelled' });
    expect(await processesWith(seconds)).toEqual([]);
  });
});
