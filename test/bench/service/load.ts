/**
 * Loads one route in a process of its own: so many connections that are kept alive, each asking anew as soon as it is
 * answered. Speaks HTTP by hand, so that it costs far less than what it asks. Takes a `Load` as JSON, prints `Loaded`.
 */
import { connect } from 'node:net';
import { Load, type Loaded, MARK, numbered } from './load-wire.ts';

const HEAD_END = '\r\n\r\n';
const CHUNKED_END = '0\r\n\r\n';

const load = Load.parse(JSON.parse(process.argv[2] ?? ''));
const took: number[] = [];
let sent = 0;
const startedAt = performance.now();
const endsAt = startedAt + load.seconds * 1000;

/** True when the buffer holds a whole answer. There is never more than one on the way. */
function isWhole(answer: Buffer): boolean {
  const headEnd = answer.indexOf(HEAD_END);
  if (headEnd === -1) return false;
  const head = answer.toString('latin1', 0, headEnd);
  if (!head.startsWith('HTTP/1.1 200')) throw new Error(answer.toString());
  const length = /^content-length: (\d+)$/im.exec(head)?.[1];
  if (length !== undefined) return answer.length >= headEnd + HEAD_END.length + Number(length);
  return answer.subarray(-CHUNKED_END.length).toString('latin1') === CHUNKED_END;
}

function request(): string {
  sent += 1;
  const body = load.body.replace(MARK, numbered(load.round, sent));
  const length = load.method === 'GET' ? [] : [`content-length: ${Buffer.byteLength(body)}`];
  const head = [`${load.method} ${load.path} HTTP/1.1`, `host: 127.0.0.1:${load.port}`, ...load.headers];
  return `${[...head, ...length].join('\r\n')}${HEAD_END}${body}`;
}

const oneByOne = (): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(load.port, '127.0.0.1').setNoDelay(true);
    let answer: Buffer = Buffer.alloc(0);
    let askedAt = 0;
    const ask = (): void => {
      answer = Buffer.alloc(0);
      askedAt = performance.now();
      socket.write(request());
    };
    socket.on('connect', ask).on('error', reject);
    socket.on('close', () => reject(new Error('The server hung up.')));
    socket.on('data', (chunk) => {
      answer = answer.length === 0 ? chunk : Buffer.concat([answer, chunk]);
      if (!isWhole(answer)) return;
      const now = performance.now();
      took.push(now - askedAt);
      if (now < endsAt) return ask();
      socket.removeAllListeners('close').destroy();
      resolve();
    });
  });

await Promise.all(Array.from({ length: load.connections }, oneByOne));
const wallMs = performance.now() - startedAt;
const { user, system } = process.cpuUsage();
took.sort((a, b) => a - b);
const quantile = (share: number): number => took[Math.floor((took.length - 1) * share)] ?? 0;
const loaded: Loaded = {
  perSecond: (took.length / wallMs) * 1000,
  p50Ms: quantile(0.5),
  p99Ms: quantile(0.99),
  cpuShare: (user + system) / 1000 / wallMs,
};
process.stdout.write(`${JSON.stringify(loaded)}\n`);
