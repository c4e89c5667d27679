import { once } from 'node:events';
import { request } from 'node:http';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type EgressProxy, openEgressProxy } from '../../../src/runner/command/egress-proxy.ts';

const opened: EgressProxy[] = [];
afterEach(async () => {
  for (const proxy of opened.splice(0)) await proxy.close();
});

async function open(addresses: readonly string[] = ['10.0.0.1']): Promise<EgressProxy> {
  const proxy = await openEgressProxy({
    hosts: ['registry.example'],
    socketPath: null,
    resolve: async () => addresses,
  });
  opened.push(proxy);
  return proxy;
}

async function connectTo(proxy: EgressProxy, target: string): Promise<number | undefined> {
  const { hostname, port } = new URL(proxy.url);
  const asked = request({ host: hostname, port, method: 'CONNECT', path: target });
  asked.end();
  const [response] = await once(asked, 'connect');
  response.socket.destroy();
  return response.statusCode;
}

describe('openEgressProxy', () => {
  it.each([
    ['a host that is not listed', 'evil.example:443'],
    ['another port of a listed host', 'registry.example:80'],
    ['an IPv4 address', '93.184.216.34:443'],
    ['an IPv6 address', '[2606:2800:220:1::1]:443'],
    ['a host that only ends like a listed one', 'notregistry.example:443'],
    ['a listed host with a dot at its end', 'registry.example.:443'],
    ['nonsense', 'registry.example@evil.example:443'],
  ])('refuses %s', async (_name, target) => {
    const proxy = await open(['93.184.216.34']);
    expect(await connectTo(proxy, target)).toBe(403);
    expect(proxy.refused()).toHaveLength(1);
  });

  it.each([
    ['a private address', ['10.1.2.3']],
    ['loopback', ['127.0.0.1']],
    ['the metadata address', ['169.254.169.254']],
    ['a public and a private address', ['93.184.216.34', '192.168.0.1']],
    ['a private address dressed as IPv6', ['::ffff:10.1.2.3']],
    ['no address', []],
  ])('refuses a listed host that leads to %s', async (_name, addresses) => {
    expect(await connectTo(await open(addresses), 'registry.example:443')).toBe(403);
  });

  it('refuses plain http, to a listed host too', async () => {
    const proxy = await open();
    const { hostname, port } = new URL(proxy.url);
    const asked = request({ host: hostname, port, path: 'http://registry.example/' });
    asked.end();
    const [response] = await once(asked, 'response');
    response.resume();
    expect(response.statusCode).toBe(403);
  });

  it('names what it refused, each host once', async () => {
    const proxy = await open();
    await connectTo(proxy, 'evil.example:443');
    await connectTo(proxy, 'evil.example:443');
    expect(proxy.refused()).toEqual(['evil.example']);
  });

  it('listens on a Unix socket that other users can open', async () => {
    const folder = await fs.mkdtemp(join(tmpdir(), 'ptc-command-'));
    const socketPath = join(folder, 'socket');
    opened.push(await openEgressProxy({ hosts: [], socketPath }));
    const { mode } = await fs.stat(socketPath);
    expect(mode & 0o777).toBe(0o666);
    await fs.rm(folder, { recursive: true });
  });
});
