import { type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Probot, createNodeMiddleware } from 'probot';

export const WEBHOOK_PATH = '/api/github/webhooks';

/** GitHub sends none that is larger. */
const MAX_BODY_BYTES = 25 * 1024 * 1024;

/** A delivery whose signature is right. */
export interface ReceivedDelivery {
  readonly id: string;
  readonly name: string;
  readonly payload: unknown;
  /** ISO time in UTC. */
  readonly receivedAt: string;
}

/** Resolves once the delivery is stored, or is known to ask for nothing. */
export type OnDelivery = (delivery: ReceivedDelivery) => Promise<void>;

export type NodeMiddleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
) => Promise<void>;

/**
 * Takes webhooks at `WEBHOOK_PATH`; `next` is called for any other path. Answers 200 only after `onDelivery`
 * has resolved, 400 for a bad signature, 413 for a body no webhook has, and 500 when `onDelivery` rejects or
 * takes more than `answerWithinMs`: GitHub then counts the delivery as failed, so that it can be made again. What
 * the error was stays in the log.
 */
export async function webhookMiddleware(
  probot: Probot,
  onDelivery: OnDelivery,
  answerWithinMs: number,
): Promise<NodeMiddleware> {
  const handle = await createNodeMiddleware(
    (app) => {
      app.onAny(async ({ id, name, payload }) => {
        const receivedAt = new Date().toISOString();
        try {
          await inTime(onDelivery({ id, name, payload, receivedAt }), answerWithinMs);
        } catch (cause) {
          throw new Error('the delivery could not be taken', { cause });
        }
      });
    },
    { probot, webhooksPath: WEBHOOK_PATH },
  );
  return async (request, response, next) => {
    if (pathOf(request) !== WEBHOOK_PATH) {
      next();
      return;
    }
    const body = request.method === 'POST' ? await readBody(request).catch(() => null) : '';
    if (body === null) {
      response.writeHead(413, { connection: 'close' }).end(() => request.destroy());
      return;
    }
    // Probot would read without a limit, but takes a body that has been read.
    request.body = body;
    await handle(request, response, next);
  };
}

const pathOf = ({ url = '/' }: IncomingMessage): string => url.replace(/\?.*$/s, '').replace(/\/+$/, '');

/** The body as text, null when it is too large. Rejects when the sender goes away. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) continue;
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function inTime(work: Promise<void>, limitMs: number): Promise<void> {
  const timer = new AbortController();
  const late = sleep(limitMs, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`not stored within ${limitMs} ms`);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    late.catch(() => undefined);
    timer.abort();
  }
}
