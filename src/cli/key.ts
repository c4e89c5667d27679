import { ApiKey, type Scope } from '../domain/api-key.ts';
import { CreatedKey, KeyList, type KeyRequest } from '../protocol/api-keys.ts';
import { EXIT } from './run/exit-code.ts';
import { connect, type ServerOptions } from './server-connection.ts';
import { plainLine, type Terminal } from './terminal.ts';

export interface KeyOptions extends ServerOptions {
  readonly json?: true;
}

export interface CreateOptions extends KeyOptions {
  readonly scope: readonly Scope[];
}

const PATH = '/api/v1/keys';

/** `ptc key create`: the key alone on standard output, so that a program can take it. Resolves to the exit code. */
export async function create(name: string, options: CreateOptions, terminal: Terminal): Promise<number> {
  const server = await connect(options, terminal);
  const body: KeyRequest = { name, scopes: [...new Set(options.scope)] };
  const made = await server.ask({ method: 'POST', path: PATH, body, answer: CreatedKey });
  terminal.out.write(`${options.json === true ? JSON.stringify(made) : made.key}\n`);
  terminal.err.write(
    'Nobody can show this key again. From now on the server answers run pages and API only to who has one.\n',
  );
  return EXIT.succeeded;
}

/** `ptc key list`. Resolves to the exit code. */
export async function list(options: KeyOptions, terminal: Terminal): Promise<number> {
  const server = await connect(options, terminal);
  const { keys } = await server.ask({ method: 'GET', path: PATH, answer: KeyList });
  const text = keys.length === 0 ? 'There are no keys.' : keys.map(lineOf).join('\n');
  terminal.out.write(`${options.json === true ? JSON.stringify({ keys }) : text}\n`);
  return EXIT.succeeded;
}

/** `ptc key revoke`: it is refused from the next request on. Resolves to the exit code. */
export async function revoke(id: string, options: KeyOptions, terminal: Terminal): Promise<number> {
  const server = await connect(options, terminal);
  const path = `${PATH}/${encodeURIComponent(id)}/revoke`;
  const key = await server.ask({ method: 'POST', path, answer: ApiKey });
  terminal.out.write(`${options.json === true ? JSON.stringify(key) : lineOf(key)}\n`);
  return EXIT.succeeded;
}

function lineOf({ id, name, scopes, createdAt, lastUsedAt, revokedAt }: ApiKey): string {
  const day = (moment: string): string => moment.slice(0, 10);
  const use = lastUsedAt === null ? 'never used' : `last used ${lastUsedAt.slice(0, 13)}h UTC`;
  const end = revokedAt === null ? use : `revoked ${day(revokedAt)}`;
  return `${id}  ${scopes.join(',')}  made ${day(createdAt)}, ${end}  ${plainLine(name)}`;
}
