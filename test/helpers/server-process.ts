import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { type AppHandle, type Forge } from './forge/index.ts';

const MAIN = path.join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const Listening = z.object({ msg: z.literal('listening'), webhooks: z.string(), api: z.string() });

export interface ServerProcess {
  readonly pid: number;
  readonly apiUrl: string;
  /** Its log so far, a line each. */
  readonly log: readonly string[];
  /** Ends it and resolves to its exit code, null after a signal. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

export interface ServerOptions {
  readonly forge: Forge;
  readonly app: AppHandle;
  readonly webhookSecret: string;
  readonly dataDir: string;
  /** Added to the environment of the server. */
  readonly env: Readonly<Record<string, string>>;
}

/** The real server as its own process, told of the forge; resolves when it listens and the App knows where. */
export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const { forge, app, webhookSecret, dataDir, env } = options;
  const child = spawn(process.execPath, [MAIN, 'serve'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      APP_ID: String(app.appId),
      PRIVATE_KEY: app.privateKey,
      WEBHOOK_SECRET: webhookSecret,
      GITHUB_API_URL: forge.url,
      HOST: '127.0.0.1',
      PORT: '0',
      PTC_API_PORT: '0',
      PTC_DATA_DIR: dataDir,
      PTC_WRITE_SPACING: 'false',
      ...env,
    },
  });
  const log: string[] = [];
  createInterface(child.stderr).on('line', (line) => log.push(line));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const listening = await new Promise<z.infer<typeof Listening>>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      log.push(line);
      const parsed = line.includes('"listening"') ? Listening.safeParse(JSON.parse(line)) : null;
      if (parsed?.success) resolve(parsed.data);
    });
    void exited.then((code) => reject(new Error(`the server ended with ${code}:\n${log.join('\n')}`)));
  });
  app.setWebhookUrl(listening.webhooks);
  return {
    pid: child.pid ?? 0,
    apiUrl: listening.api,
    log,
    end: (signal) => {
      child.kill(signal);
      return exited;
    },
  };
}
