import { lookup } from 'node:dns/promises';
import { chmodSync } from 'node:fs';
import { once } from 'node:events';
import { type IncomingMessage, type Server } from 'node:http';
import { connect, isIP } from 'node:net';
import { type Duplex } from 'node:stream';
import { isPublicAddress } from '../../domain/public-address.ts';

const CONNECT_TIMEOUT_MS = 15_000;
const MAX_CONNECTIONS = 256;
const MAX_REFUSED_NAMES = 20;

export interface EgressProxyOptions {
  /** Host names that may be reached, all at port 443. */
  readonly hosts: readonly string[];
  /** Path for a Unix socket; null for a free port of loopback. */
  readonly socketPath: string | null;
  /** All addresses of a name; the system's resolver unless given. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

export interface EgressProxy {
  /** `http://127.0.0.1:<port>`; empty when it listens on a Unix socket. */
  readonly url: string;
  /** Host names that were asked for and refused, each once, the first twenty. */
  refused(): readonly string[];
  close(): Promise<void>;
}

/**
 * A proxy that connects (`CONNECT`) to named hosts and nowhere else: no plain HTTP, no addresses instead of
 * names, and no name that leads to a private address.
 */
export async function openEgressProxy(options: EgressProxyOptions): Promise<EgressProxy> {
  const hosts = new Set(options.hosts.map((host) => host.toLowerCase()));
  const resolve = options.resolve ?? resolveBySystem;
  const refused = new Set<string>();
  const sockets = new Set<Duplex>();
  const track = (socket: Duplex): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
  };
  const refuse = (host: string): void => {
    if (refused.size < MAX_REFUSED_NAMES) refused.add(host);
  };

  async function tunnel(request: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    const target = parseTarget(request.url ?? '');
    const addresses = target !== null && hosts.has(target) ? await publicAddressesOf(target, resolve) : null;
    if (target === null || addresses === null) {
      refuse(target ?? 'an address that is no host name at port 443');
      client.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    const upstream = connect({
      host: target,
      port: 443,
      timeout: CONNECT_TIMEOUT_MS,
      autoSelectFamily: true,
      lookup: (_host, _options, found) =>
        found(
          null,
          addresses.map((address) => ({ address, family: isIP(address) })),
        ),
    });
    track(upstream);
    upstream.once('timeout', () => upstream.destroy());
    upstream.once('connect', () => {
      upstream.setTimeout(0);
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.once('close', () => client.destroy());
    client.once('close', () => upstream.destroy());
  }

  // Loaded here: it takes longer to load than all of the runner, and many jobs reach no registry.
  const { createServer } = await import('node:http');
  const server = createServer((request, response) => {
    refuse(hostOf(request.url ?? ''));
    response.writeHead(403, { connection: 'close' }).end('Only https to package registries is allowed.\n');
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', track);
  server.on('connect', (request, client: Duplex, head: Buffer) => {
    void tunnel(request, client, head);
  });
  return {
    url: await listen(server, options.socketPath),
    refused: () => [...refused],
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function listen(server: Server, socketPath: string | null): Promise<string> {
  if (socketPath === null) {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
  }
  await once(server.listen(socketPath), 'listening');
  // The commands' user is another than the runner's.
  chmodSync(socketPath, 0o666);
  return '';
}

/** The host name of `host:443`; null for another port, an address or anything else. */
function parseTarget(authority: string): string | null {
  const host = /^([a-z0-9.-]{1,253}):443$/i.exec(authority)?.[1]?.toLowerCase();
  return host === undefined || isIP(host) !== 0 ? null : host;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : 'an address that is no URL';
}

/** Null unless every address is public: which of them would be used is not ours to guess. */
async function publicAddressesOf(
  host: string,
  resolve: (host: string) => Promise<readonly string[]>,
): Promise<readonly string[] | null> {
  const addresses = await resolve(host).catch(() => []);
  return addresses.length > 0 && addresses.every(isPublicAddress) ? addresses : null;
}

async function resolveBySystem(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
}
