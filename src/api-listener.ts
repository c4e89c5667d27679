import { createServer } from 'node:http';
import path from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { createKeyring, type KeyTable, randomSecret } from './api/access/keyring.ts';
import { type ApiSettings, createApi } from './api/app.ts';
import { GuardedResponse } from './api/guarded-response.ts';
import { type Config } from './config.ts';
import { PtcError } from './domain/errors.ts';
import { isLoopback, listen, localUrlOf, urlOf } from './listener.ts';
import { writeServerFile } from './server-file.ts';

type Where = Pick<Config, 'PTC_API_HOST' | 'PTC_API_PORT' | 'PTC_CORS_ORIGINS' | 'PTC_DATA_DIR'>;

export interface ApiListener {
  readonly url: string;
  /** Takes no further request; the command line finds the server no more. */
  close(): Promise<void>;
}

/** Why the server must not start: `api-keys-missing` where strangers could reach what nobody has a key for. */
export async function refusalToListen(
  { PTC_API_HOST: host }: Where,
  table: KeyTable,
): Promise<PtcError | null> {
  if (isLoopback(host)) return null;
  const keys = await table.list();
  if (keys.some(({ revokedAt }) => revokedAt === null)) return null;
  return new PtcError({
    code: 'api-keys-missing',
    message: `PTC_API_HOST is ${host}, which others can reach, and there is no API key that works.`,
    remedy:
      'Start the server with PTC_API_HOST=127.0.0.1, run `ptc key create admin --scope admin` beside it, and start it again with this address.',
    retryable: false,
  });
}

/** Starts the listener for run pages and the API, and tells the command line of this machine where it is. */
export async function startApi(
  where: Where,
  table: KeyTable,
  rest: Omit<ApiSettings, 'access'>,
): Promise<ApiListener> {
  const { log } = rest;
  const serverToken = randomSecret('ptc_server');
  const keyring = createKeyring({ table, serverToken, log });
  const onLoopback = isLoopback(where.PTC_API_HOST);
  const access = { keyring, isLoopback: onLoopback, corsOrigins: where.PTC_CORS_ORIGINS };
  const answer = getRequestListener(createApi({ ...rest, access }).fetch);
  const server = await listen(
    createServer({ ServerResponse: GuardedResponse }, (request, response) => void answer(request, response)),
    where.PTC_API_HOST,
    where.PTC_API_PORT,
  );
  const url = urlOf(server);
  const removeFile = await writeServerFile(path.resolve(where.PTC_DATA_DIR), {
    url: localUrlOf(server),
    token: serverToken,
  });
  if (!(await keyring.hasAny())) {
    log.warn(
      { api: url },
      'there are no API keys: everybody on this machine is answered, nobody else (ptc key create)',
    );
  }
  return {
    url,
    async close() {
      server.close();
      await removeFile();
    },
  };
}
