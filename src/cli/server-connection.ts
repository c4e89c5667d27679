import path from 'node:path';
import * as z from 'zod';
import { readCaller } from '../config.ts';
import { PtcError } from '../domain/errors.ts';
import { readServerFile } from '../server-file.ts';
import { type Terminal } from './terminal.ts';

/** The options of every command that talks to a running server. */
export interface ServerOptions {
  /** A server elsewhere; its key stands in PTC_API_KEY. */
  readonly server?: string;
  /** The data folder of the server on this machine. */
  readonly dataDir?: string;
}

export interface ServerQuestion<Answer extends z.ZodType> {
  readonly method: 'GET' | 'POST';
  /** Under the server’s address, such as `/api/v1/keys`. */
  readonly path: string;
  readonly body?: unknown;
  readonly answer: Answer;
}

/** A server that listens, and a key for it. */
export interface ServerConnection {
  /**
   * Asks once: what makes something must not be repeated. Rejects with `server-unavailable`, `server-answer-unknown`
   * or the server’s own problem, such as `key-refused`.
   */
  ask<Answer extends z.ZodType>(question: ServerQuestion<Answer>): Promise<z.infer<Answer>>;
}

const TIMEOUT_MS = 30_000;
const Refusal = z.object({
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string(), retryable: z.boolean() }),
});

/**
 * The server on this machine, by the file that it leaves in its data folder, or one elsewhere by its address.
 * Rejects with `server-not-found`.
 */
export async function connect(options: ServerOptions, terminal: Terminal): Promise<ServerConnection> {
  const { serverFolder, apiKey } = readCaller(terminal.env);
  if (options.server !== undefined) return connectionTo(options.server.replace(/\/+$/, ''), apiKey);
  const folder = path.resolve(terminal.folder, options.dataDir ?? serverFolder);
  const { url, token } = await readServerFile(folder);
  return connectionTo(url, token);
}

const connectionTo = (url: string, key: string | null): ServerConnection => ({
  async ask({ method, path, body, answer }) {
    const response = await fetch(`${url}${path}`, {
      method,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((cause: unknown) => Promise.reject(unavailable(url, cause)));
    const said: unknown = await response.json().catch(() => null);
    if (!response.ok) throw refusalIn(said, url, response.status);
    const parsed = answer.safeParse(said);
    if (parsed.success) return parsed.data;
    throw unknownAnswer(url, 'what this release does not understand');
  },
});

function refusalIn(said: unknown, url: string, status: number): PtcError {
  const refusal = Refusal.safeParse(said);
  return refusal.success
    ? new PtcError(refusal.data.error)
    : unknownAnswer(url, `${status} without a word of PTC Bot`);
}

const unknownAnswer = (url: string, what: string): PtcError =>
  new PtcError({
    code: 'server-answer-unknown',
    message: `${url} answered ${what}.`,
    remedy: 'Check that a server of the same release listens there.',
    retryable: false,
  });

const unavailable = (url: string, cause: unknown): PtcError =>
  new PtcError(
    {
      code: 'server-unavailable',
      message: `${url} cannot be reached.`,
      remedy: 'Look whether the server (ptc serve) still runs.',
      retryable: true,
    },
    { cause },
  );
