import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { type ApiSettings } from '../../src/api/app.ts';
import { startApi } from '../../src/api-listener.ts';
import { memoryKeyTable } from '../helpers/memory-key-table.ts';
import { settingsOf } from './api-bed.ts';

export interface ListenerBed {
  readonly url: string;
  readonly port: number;
  /** Sends these lines as a request’s head, and `body` behind them; resolves to all that is answered. */
  send(head: readonly string[], body?: string): Promise<string>;
  close(): Promise<void>;
}

/** The real listener on loopback without keys, asked over its port. */
export async function openListener(
  different: Partial<ApiSettings> = {},
  corsOrigins: readonly string[] = [],
): Promise<ListenerBed> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ptc-listener-'));
  const listener = await startApi(
    {
      PTC_API_HOST: '127.0.0.1',
      PTC_API_PORT: 0,
      PTC_CORS_ORIGINS: [...corsOrigins],
      PTC_DATA_DIR: folder,
    },
    memoryKeyTable(),
    settingsOf({ publicUrl: 'https://ptc.example', ...different }),
  );
  const port = Number(new URL(listener.url).port);
  return {
    url: listener.url,
    port,
    send: (head, body = '') => {
      const socket = connect(port, '127.0.0.1');
      socket.write(`${[...head, 'connection: close'].join('\r\n')}\r\n\r\n${body}`);
      return text(socket);
    },
    close: async () => {
      await listener.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** Of an answer as it came. */
export const statusIn = (answer: string): number => Number(/^HTTP\/1\.1 (\d+) /.exec(answer)?.[1]);
