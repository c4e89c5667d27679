import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { PtcError } from './domain/errors.ts';

const ServerFile = z.object({
  /** Where its API listener is reached on this machine. */
  url: z.url(),
  /** Good for everything on it, until it ends. */
  token: z.string(),
});
export type ServerFile = z.infer<typeof ServerFile>;

const fileIn = (dataFolder: string): string => path.join(dataFolder, 'server.json');

/**
 * Tells the command line of this machine where the server is, and gives it a token: who can read the data folder’s
 * files as the server’s user rules the server anyway. The file is readable by that user alone; each start has a
 * token of its own.
 * @returns removes the file, unless another server has written its own
 */
export async function writeServerFile(dataFolder: string, content: ServerFile): Promise<() => Promise<void>> {
  const file = fileIn(dataFolder);
  const draft = `${file}.${process.pid}`;
  await mkdir(dataFolder, { recursive: true, mode: 0o711 });
  await rm(draft, { force: true });
  await writeFile(draft, JSON.stringify(content), { mode: 0o600, flag: 'wx' });
  await rename(draft, file);
  return async () => {
    const now = await readFile(file, 'utf8').catch(() => '');
    if (now === JSON.stringify(content)) await rm(file, { force: true });
  };
}

/** What the server with this data folder says of itself. Rejects with `server-not-found`. */
export async function readServerFile(dataFolder: string): Promise<ServerFile> {
  try {
    return ServerFile.parse(JSON.parse(await readFile(fileIn(dataFolder), 'utf8')));
  } catch (cause) {
    throw new PtcError(
      {
        code: 'server-not-found',
        message: `No running server has ${dataFolder} for its data folder, or its file server.json there cannot be read.`,
        remedy:
          'Start one (ptc serve), or name its folder with --data-dir or PTC_DATA_DIR, as the user it runs as. Elsewhere: --server <url>, with an admin key in PTC_API_KEY.',
        retryable: false,
      },
      { cause },
    );
  }
}
