import { Daytona, type Sandbox } from '@daytonaio/sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DaytonaServer, SNAPSHOT, startDaytona } from './daytona/index.ts';
import { until } from './world.ts';

let server: DaytonaServer;
let client: Daytona;
let sandbox: Sandbox;
beforeAll(async () => {
  server = await startDaytona();
  client = new Daytona({
    apiKey: server.apiKey,
    apiUrl: server.url,
    target: 'us',
    requestTimeoutMs: 10_000,
    useDeprecatedPolling: true,
  });
});
afterAll(() => server.close());
beforeEach(async () => {
  sandbox = await client.create({ snapshot: SNAPSHOT });
});

describe('the Daytona server', () => {
  it('keeps files as the daemon does', async () => {
    const content = Buffer.from([0, 1, 255, 13, 10]);
    await sandbox.fs.createFolder('folder', '755');
    await sandbox.fs.uploadFile(content, 'folder/file');
    expect(await sandbox.fs.getFileDetails('folder/file')).toMatchObject({ size: 5, isDir: false });
    await sandbox.fs.moveFiles('folder/file', '/elsewhere');
    expect(await sandbox.fs.downloadFile('/elsewhere')).toEqual(content);
    await sandbox.fs.deleteFile('/elsewhere');
    await expect(sandbox.fs.downloadFile('/elsewhere')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  it('starts, stops, labels and deletes sandboxes', async () => {
    await sandbox.setLabels({ colour: 'red' });
    const red = await Array.fromAsync(client.list({ labels: { colour: 'red' } }));
    expect(red.map(({ id }) => id)).toEqual([sandbox.id]);
    await sandbox.stop();
    await expect(sandbox.process.executeCommand('true')).rejects.toMatchObject({ statusCode: 400 });
    await sandbox.start();
    expect((await sandbox.process.executeCommand('echo up')).result).toBe('up\n');
    await sandbox.refreshActivity();
    await sandbox.delete(10, true);
    await expect(client.get(sandbox.id)).rejects.toMatchObject({ statusCode: 404 });
  });

  it('keeps snapshots', async () => {
    await client.snapshot.create({ name: 'new', image: 'debian:12' });
    expect((await client.snapshot.list()).items.map(({ name }) => name)).toEqual([SNAPSHOT, 'new']);
    await client.snapshot.delete('new');
    await expect(client.snapshot.get('new')).rejects.toMatchObject({ statusCode: 404 });
  });

  it('ends a command that takes too long', async () => {
    const { exitCode } = await sandbox.process.executeCommand('sleep 60', undefined, undefined, 1);
    expect(exitCode).toBe(137);
  });
});

describe('what our provider does without, since the SDK or the daemon', () => {
  it('opens a socket as soon as a client is made', async () => {
    await using other = new Daytona({ apiKey: server.apiKey, apiUrl: server.url, target: 'us' });
    const isOpened = (): boolean => server.requests.some(({ route }) => route.includes('socket.io'));
    await until('the socket', isOpened);
    expect(other).toBeDefined();
  });

  it('writes into the labels it is given', async () => {
    const labels: Record<string, string> = { colour: 'blue' };
    await client.create({ snapshot: SNAPSHOT, labels });
    expect(Object.keys(labels)).toEqual(['colour', 'code-toolbox-language']);
  });

  it('takes no resources together with a snapshot', async () => {
    const params = { snapshot: SNAPSHOT, resources: { cpu: 2 } };
    await expect(client.create(params)).rejects.toMatchObject({ statusCode: 400 });
  });

  it('moves no file onto another', async () => {
    await sandbox.fs.uploadFile(Buffer.from('a'), 'a');
    await sandbox.fs.uploadFile(Buffer.from('b'), 'b');
    await expect(sandbox.fs.moveFiles('a', 'b')).rejects.toMatchObject({ statusCode: 409 });
  });

  it('gives a command to no shell', async () => {
    expect((await sandbox.process.executeCommand('echo $HOME | cat')).result).toBe('$HOME | cat\n');
  });

  const started = async (command: string): Promise<string> => {
    await sandbox.process.createSession('session');
    const { cmdId } = await sandbox.process.executeSessionCommand('session', { command, runAsync: true });
    return cmdId ?? '';
  };

  it('says of a followed command nothing but text, and not why it heard no more', async () => {
    const commandId = await started('printf "abc\\377def\\n"; sleep 60');
    let heard = '';
    const following = sandbox.process.getSessionCommandLogs(
      'session',
      commandId,
      (text) => {
        heard += text;
      },
      () => {},
    );
    await until('something to be heard', () => heard !== '');
    const [...all] = server.sandboxes();
    for (const each of all.filter(({ id }) => id === sandbox.id)) await server.destroy(each);
    await expect(following).resolves.toBeUndefined();
    expect(heard).toBe('abc\ufffddef\n');
  });

  it('rejects with what is no error when a stream is refused', async () => {
    const commandId = await started('sleep 60');
    server.on(({ route }) => route.startsWith('WS '), { status: 502 }, { times: 1 });
    const thrown: unknown = await sandbox.process
      .getSessionCommandLogs(
        'session',
        commandId,
        () => {},
        () => {},
      )
      .catch((error: unknown) => error);
    expect(thrown).not.toBeInstanceOf(Error);
    expect(thrown).toHaveProperty('message');
  });
});
