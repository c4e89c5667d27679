import { type Attack, byCommand, byEffect, GOT_IN, perl, PLAIN_NETWORK, type Scene } from './attack.ts';

const SET_UP = { registries: ['registry.npmjs.org', 'localhost'] };

/** Also what shares the machine's network for set-up. */
const SET_UP_NETWORK = { ...PLAIN_NETWORK, sharing: 'setUpNetwork' } as const;

/** Attacks over the network. */
export const NETWORK: readonly Attack[] = [
  byCommand({
    name: 'a test reaches a service on loopback of the machine',
    why: 'own network under bubblewrap',
    open: PLAIN_NETWORK,
    command: ({ host }) => askPort(host.servicePort),
  }),
  byCommand({
    name: 'a set-up reaches a service on loopback of the machine',
    why: 'own network under bubblewrap',
    open: SET_UP_NETWORK,
    network: SET_UP,
    command: ({ host }) => askPort(host.servicePort),
  }),
  byCommand({
    name: 'a set-up reaches the daemon of the workspace (Daytona’s toolbox, port 2280)',
    why: 'own network under bubblewrap',
    open: SET_UP_NETWORK,
    network: SET_UP,
    command: ({ host }) => askPort(host.toolboxPort),
  }),
  byCommand({
    name: 'a test reaches the cloud’s metadata address',
    why: 'own network under bubblewrap',
    open: PLAIN_NETWORK,
    command: () => routeTo('169.254.169.254/80'),
  }),
  byCommand({
    name: 'a set-up reaches the cloud’s metadata address, past the proxy',
    why: 'own network under bubblewrap',
    open: SET_UP_NETWORK,
    network: SET_UP,
    command: () => routeTo('169.254.169.254/80'),
  }),
  byCommand({
    name: 'a set-up reaches the git host, past the proxy',
    why: 'own network under bubblewrap',
    open: SET_UP_NETWORK,
    network: SET_UP,
    command: () => routeTo('140.82.112.3/443'),
  }),
  throughProxy('the git host', 'github.com:443'),
  throughProxy('the registry of another ecosystem', 'pypi.org:443'),
  throughProxy('another port of a registry', 'registry.npmjs.org:22'),
  throughProxy('an address instead of a name, the cloud’s metadata say', '169.254.169.254:443'),
  throughProxy('a listed name that leads to a private address', 'localhost:443'),
  byEffect({
    name: 'a set-up reaches a local service by plain HTTP through the proxy',
    why: 'the proxy speaks CONNECT alone',
    open: {},
    spec: { network: SET_UP },
    command: ({ host }) =>
      toProxy(`GET http://127.0.0.1:${host.servicePort}/ HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n\\r\\n`),
    gotIn: isLetThrough,
  }),
  byCommand({
    name: 'a test connects to an abstract socket',
    why: 'own network under bubblewrap',
    open: PLAIN_NETWORK,
    command: askAbstractSocket,
  }),
  byCommand({
    name: 'a set-up connects to an abstract socket (X11, D-Bus)',
    why: 'own network under bubblewrap',
    open: SET_UP_NETWORK,
    network: SET_UP,
    command: askAbstractSocket,
  }),
  byCommand({
    name: 'a set-up connects to a socket file that every user may open, in /tmp or /run',
    why: 'not shown under bubblewrap',
    open: PLAIN_NETWORK,
    network: SET_UP,
    command: ({ host }) => askUnixSocket(`"${host.socketPath}"`),
  }),
  byCommand({
    name: 'reach the host of a virtual machine by vsock',
    why: 'such sockets are taken away under bubblewrap: no network namespace holds them',
    open: { cgroup: 'calls', searched: 'calls', none: 'ownUser' },
    command: () => perl('print "in-", 42 if socket(S, 40, 1, 0)'),
  }),
];

const askPort = (port: number): string => `exec 3<>/dev/tcp/127.0.0.1/${port} && cat <&3`;

/** Connects a datagram socket: fails without a route, and sends nothing. */
const routeTo = (address: string): string => `exec 3<>/dev/udp/${address} && ${GOT_IN}`;

function askAbstractSocket({ host }: Scene): string {
  return askUnixSocket(`"\\0${host.abstractName}"`);
}

function askUnixSocket(name: string): string {
  return perl(
    `use Socket; socket(S, PF_UNIX, SOCK_STREAM, 0); connect(S, pack_sockaddr_un(${name})) and print <S>`,
  );
}

function throughProxy(what: string, target: string): Attack {
  return byEffect({
    name: `a set-up reaches ${what}, through the proxy`,
    why: 'the proxy connects to listed names with public addresses, at port 443',
    open: {},
    spec: { network: SET_UP },
    command: () => toProxy(`CONNECT ${target} HTTP/1.1\\r\\nHost: ${target}\\r\\n\\r\\n`),
    gotIn: isLetThrough,
  });
}

function toProxy(request: string): string {
  return `at=\${HTTPS_PROXY##*/}; exec 3<>/dev/tcp/\${at%:*}/\${at#*:}; printf '${request}' >&3; head -1 <&3`;
}

function isLetThrough({ output }: { readonly output: string }): boolean {
  return !/HTTP\/1\.1 403[\s\S]*\[not allowed to reach: /.test(output);
}
