import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pino } from 'pino';
import * as z from 'zod';
import { compose } from '../compose.ts';
import { readConfig } from '../config.ts';

/** Runs the server until SIGTERM or SIGINT. Rejects with PtcError when it cannot start. */
export async function serve(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const config = readConfig(env);
  const log = pino({ level: config.LOG_LEVEL });
  const service = await compose(config, version(), log, () => process.exit(1));
  log.info({ webhooks: service.webhooksUrl, api: service.apiUrl }, 'listening');
  const stop = (signal: string): void => {
    log.info({ signal }, 'stopping');
    // The engine is left as after a crash, on purpose: what is under way is taken up by the next start.
    void service.stop().finally(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

const Manifest = z.object({ version: z.string() });

function version(): string {
  const file = path.join(import.meta.dirname, '..', '..', 'package.json');
  return Manifest.parse(JSON.parse(readFileSync(file, 'utf8'))).version;
}
