import { createHash, timingSafeEqual } from 'node:crypto';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { toProblem } from './domain/errors.ts';
import { WorkspaceNews } from './domain/workspace-news.ts';
import { type Log, type StandaloneRuns } from './run/ports.ts';

/** At the public listener. */
export const STANDALONE_WEBHOOKS_PATH = '/api/webhook/daytona';
const MAX_BODY_BYTES = 64 * 1024;
/** Of what is no hash of anything: compared for runs that there are none of, so that both take as long. */
const NO_HASH = '0'.repeat(64);

/**
 * Takes what workspaces that stand alone post, each with the secret of its run in the address: 200 once it is stored,
 * 401 for an unknown run as for a wrong secret, 400 for a body that is none, 413 for one of more than 64 KB, and 503
 * while nothing can be stored. What is told twice or too late changes nothing. No address is logged.
 */
export function createStandaloneWebhooks(
  runs: Pick<StandaloneRuns, 'secretHash' | 'hear'>,
  log: Log,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const status = await take(request, runs, log).catch((error: unknown) => {
      log.error({ problem: toProblem(error) }, 'a workspace’s webhook could not be taken');
      return 503;
    });
    // The rest of a body that is not wanted is let go by: closed upon it, a sender would not see the answer.
    request.resume();
    response.writeHead(status).end();
  };
}

async function take(
  request: IncomingMessage,
  runs: Pick<StandaloneRuns, 'secretHash' | 'hear'>,
  log: Log,
): Promise<number> {
  if (request.method !== 'POST') return 405;
  const query = new URL(request.url ?? '/', 'http://listener').searchParams;
  const runId = query.get('run') ?? '';
  const expected = await runs.secretHash(runId);
  if (!isSecret(query.get('secret') ?? '', expected ?? NO_HASH)) return 401;
  const body = await readBody(request);
  if (body === null) return 413;
  const news = parse(body);
  if (news === null || news.taskId !== runId) return 400;
  await runs.hear(runId, news);
  log.info({ runId, type: news.type, status: news.status.slice(0, 20) }, 'a workspace told of its run');
  return 200;
}

const isSecret = (secret: string, expected: string): boolean =>
  timingSafeEqual(createHash('sha256').update(secret).digest(), Buffer.from(expected, 'hex'));

/** Null when it is too long, which ends the reading. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    const bytes: Buffer = chunk;
    sizeBytes += bytes.length;
    if (sizeBytes > MAX_BODY_BYTES) return null;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(body: string): WorkspaceNews | null {
  try {
    return WorkspaceNews.safeParse(JSON.parse(body)).data ?? null;
  } catch {
    return null;
  }
}
