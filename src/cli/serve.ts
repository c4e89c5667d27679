import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pino } from 'pino';
import { compose } from '../compose.ts';
import { readConfig } from '../config.ts';

/** Runs the server until SIGTERM or SIGINT. Rejects with PtcError when it cannot start. */
export async function serve(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const config = readConfig(env);
  const log = pino({ level: config.LOG_LEVEL });
  const service = await compose(config, version(), log);
  log.info({ webhooks: service.webhooksUrl, api: service.apiUrl }, 'listening');
  const stop = (signal: string): void => {
    log.info({ signal }, 'stopping');
    // The engine is left as after a crash, on purpose: what is under way is taken up by the next start.
    void service.stop().finally(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function version(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(path.join(import.meta.dirname, '..', '..', 'package.json'), 'utf8'),
  );
  return (manifest as { version: string }).version;
}
