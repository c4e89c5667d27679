import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApi, type ApiListener } from '../../src/api-listener.ts';
import { list, revoke } from '../../src/cli/key.ts';
import { readRecording } from '../../src/cli/replay/read-recording.ts';
import { openTerminal } from '../../src/cli/terminal.ts';
import { CreatedKey, KeyList } from '../../src/protocol/api-keys.ts';
import { readServerFile, writeServerFile } from '../../src/server-file.ts';
import { settingsOf } from '../api/api-bed.ts';
import { type Cli, openCli } from '../helpers/cli-process.ts';
import { memoryKeyTable } from '../helpers/memory-key-table.ts';

let cli: Cli;
let server: ApiListener;
const logged: string[] = [];
const note = (_fields: unknown, message: string): void => void logged.push(message);

beforeAll(async () => {
  cli = await openCli({ NO_COLOR: '1' });
  server = await startApi(
    { PTC_API_HOST: '127.0.0.1', PTC_API_PORT: 0, PTC_CORS_ORIGINS: [], PTC_DATA_DIR: cli.dataDir },
    memoryKeyTable(),
    settingsOf({ log: { info: note, warn: note, error: note } }),
  );
});

afterAll(async () => {
  await server.close();
  await cli.clear();
});

describe('ptc key', () => {
  test('makes the first key, lists and revokes it through the server that it finds by its data folder', async () => {
    expect(logged.join()).toContain('there are no API keys: everybody on this machine is answered');
    const made = await cli.run(['key', 'create', 'ROMA', '--scope', 'runs', '--scope', 'execute']);
    const key = made.stdout.trim();
    const listed = await cli.run(['key', 'list']);
    const withKey = await fetch(server.url, { headers: { authorization: `Bearer ${key}` } });
    const revoked = await cli.run(['key', 'revoke', key.slice(0, 20)]);
    const afterwards = await fetch(server.url, { headers: { authorization: `Bearer ${key}` } });

    expect(made).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('Nobody can show this key again'),
    });
    expect(key).toMatch(/^ptc_[0-9a-f]{16}_[\w-]{43}$/);
    expect(listed.stdout).toMatch(/^ptc_[0-9a-f]{16} {2}runs,execute {2}made [\d-]+, never used {2}ROMA\n$/);
    expect(withKey.status).toBe(200);
    expect(revoked.stdout).toMatch(/revoked [\d-]+ {2}ROMA\n$/);
    expect(afterwards.status).toBe(401);
  });

  test('does the same elsewhere by the address and an admin key in PTC_API_KEY', async () => {
    const made = await cli.run(['key', 'create', 'far', '--scope', 'admin', '--json']);
    const { key, record } = CreatedKey.parse(JSON.parse(made.stdout));
    const far = { server: `${server.url}/`, json: true } as const;
    const allowed = await cli.run(['key', 'list', '--json', '--server', far.server], {
      env: { PTC_API_KEY: key, PTC_DATA_DIR: path.join(cli.dataDir, 'elsewhere') },
    });

    expect(KeyList.parse(JSON.parse(allowed.stdout)).keys.map(({ id }) => id)).toContain(record.id);
    await expect(list(far, openTerminal({}))).rejects.toMatchObject({ code: 'key-missing' });
    await expect(list(far, openTerminal({ PTC_API_KEY: `${key}x` }))).rejects.toMatchObject({
      code: 'key-refused',
    });
  });

  test('a replay from a server that wants a key takes it from PTC_API_KEY', async () => {
    const { token } = await readServerFile(cli.dataDir);
    const read = (PTC_API_KEY: string): Promise<unknown> =>
      readRecording('run-of-nobody', {
        folder: cli.dataDir,
        terminal: openTerminal({ PTC_API_KEY }),
        server: server.url,
        signal: new AbortController().signal,
      });

    await expect(read('')).rejects.toMatchObject({ code: 'key-refused' });
    await expect(read(token)).rejects.toMatchObject({ code: 'run-unknown' });
  });

  test('says what is wrong when there is no server, no scope, no such key', async () => {
    const here = { dataDir: cli.dataDir };
    const [nowhere, scope] = await Promise.all([
      cli.run(['key', 'list', '--data-dir', path.join(cli.dataDir, 'nowhere')]),
      cli.run(['key', 'create', 'x', '--scope', 'all']),
    ]);

    expect(nowhere).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('(server-not-found)') });
    expect(scope).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('execute, runs, admin') });
    await expect(revoke('ptc_0000000000000000', here, openTerminal({}))).rejects.toMatchObject({
      code: 'key-unknown',
    });
  });
});

describe('the server', () => {
  test('leaves its address and token to its own user alone', async () => {
    const { mode } = await stat(path.join(cli.dataDir, 'server.json'));

    expect(mode & 0o777).toBe(0o600);
    expect(await readServerFile(cli.dataDir)).toMatchObject({ url: server.url });
  });

  test('refuses a body of unknown length once it is too long, and goes on', async () => {
    const { token } = await readServerFile(cli.dataDir);
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const body = Readable.toWeb(Readable.from(Array.from({ length: 33 }, () => chunk)));
    const response = await fetch(`${server.url}/api/v1/keys`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body,
      duplex: 'half',
    });

    expect(response.status).toBe(413);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });

  test('that ends takes only its own file with it', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'ptc-server-file-'));
    const removeFirst = await writeServerFile(folder, { url: 'http://127.0.0.1:1', token: 'one' });
    const removeSecond = await writeServerFile(folder, { url: 'http://127.0.0.1:2', token: 'two' });
    await removeFirst();
    expect(await readServerFile(folder)).toEqual({ url: 'http://127.0.0.1:2', token: 'two' });

    await removeSecond();
    await expect(readServerFile(folder)).rejects.toMatchObject({ code: 'server-not-found' });
    await writeFile(path.join(folder, 'server.json'), '{');
    await expect(readServerFile(folder)).rejects.toMatchObject({ code: 'server-not-found' });
    await rm(folder, { recursive: true });
  });

  test('does not start where strangers reach it before there is a key, and says how to make one', async () => {
    const key = path.join(cli.dataDir, 'app.pem');
    await writeFile(key, 'not asked for yet');
    const ended = await cli.run(['serve'], {
      env: {
        APP_ID: '1',
        PRIVATE_KEY_PATH: key,
        WEBHOOK_SECRET: 'sixteen-characters-long',
        PTC_API_HOST: '0.0.0.0',
        PTC_DATA_DIR: path.join(cli.dataDir, 'closed'),
      },
    });

    expect(ended).toMatchObject({ exitCode: 2, stdout: '' });
    expect(ended.stderr).toMatch(
      /PTC_API_HOST is 0\.0\.0\.0[^]*`ptc key create admin --scope admin`[^]*\(api-keys-missing\)/,
    );
    await expect(readFile(path.join(cli.dataDir, 'closed', 'server.json'))).rejects.toThrow('ENOENT');
  });
});
