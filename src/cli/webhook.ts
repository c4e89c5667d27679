import { type DeadWebhook, DeadWebhookList, ResentWebhook } from '../protocol/dead-webhooks.ts';
import { EXIT } from './run/exit-code.ts';
import { connect, type ServerConnection, type ServerOptions } from './server-connection.ts';
import { plainLine, type Terminal } from './terminal.ts';

export interface WebhookOptions extends ServerOptions {
  readonly json?: true;
}

const PATH = '/api/v1/webhooks';

/** `ptc webhook list`: what no receiver took. Resolves to the exit code. */
export async function list(options: WebhookOptions, terminal: Terminal): Promise<number> {
  const webhooks = await deadOn(await connect(options, terminal));
  const text = webhooks.length === 0 ? 'Every webhook was taken.' : webhooks.map(lineOf).join('\n');
  terminal.out.write(`${options.json === true ? JSON.stringify({ webhooks }) : text}\n`);
  return EXIT.succeeded;
}

/** `ptc webhook resend`: this one, or all that are listed, the oldest first. Resolves to the exit code. */
export async function resend(
  id: string | undefined,
  options: WebhookOptions,
  terminal: Terminal,
): Promise<number> {
  const server = await connect(options, terminal);
  const ids = id === undefined ? (await deadOn(server)).map((webhook) => webhook.id).toReversed() : [id];
  const resent: ResentWebhook[] = [];
  for (const each of new Set(ids)) {
    const path = `${PATH}/${encodeURIComponent(each)}/resend`;
    resent.push(await server.ask({ method: 'POST', path, answer: ResentWebhook }));
  }
  const text =
    resent.length === 0
      ? 'Every webhook was taken.'
      : resent.map((one) => `${one.id} is sent again to ${receivers(one.receivers)}.`).join('\n');
  terminal.out.write(`${options.json === true ? JSON.stringify({ resent }) : text}\n`);
  return EXIT.succeeded;
}

const deadOn = async (server: ServerConnection): Promise<readonly DeadWebhook[]> =>
  (await server.ask({ method: 'GET', path: `${PATH}/dead`, answer: DeadWebhookList })).webhooks;

const receivers = (count: number): string => (count === 1 ? 'one receiver' : `${count} receivers`);

const lineOf = ({ id, type, endpoint, attempts, deadAt, lastError }: DeadWebhook): string =>
  plainLine(
    `${id}  ${type}  to ${endpoint}  given up ${deadAt.slice(0, 16)}Z after ${attempts} attempts: ${lastError ?? 'unknown'}`,
  );
