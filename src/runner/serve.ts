import { createInterface } from 'node:readline';
import { type Readable } from 'node:stream';
import * as z from 'zod';
import { toProblem } from '../domain/errors.ts';
import { type EndedJob } from '../protocol/ended-job.ts';
import { runInFolder } from './run-in-folder.ts';

/**
 * Does the jobs of many workspace folders side by side, for jobs that run nothing: all they do is wait for models.
 * Resolves when there will be no more folders and the jobs are over.
 *
 * @param folders their paths, a line of JSON each; an empty line asks whether this still listens
 * @param tell is told when a job is over, however it ended, and null as the answer to an empty line
 * @param stop ends all of them, as in runInFolder
 */
export async function serve(
  folders: Readable,
  tell: (ended: EndedJob | null) => void,
  stop: AbortSignal,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  const lines = createInterface({ input: folders });
  stop.addEventListener('abort', () => lines.close(), { once: true });
  for await (const line of lines) {
    if (line === '') {
      tell(null);
      continue;
    }
    const folder = z.string().parse(JSON.parse(line));
    const work = doJob(folder, stop, tell);
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  }
  await Promise.all(underWay);
}

/** A job that leaves no result takes no other with it. */
async function doJob(
  folder: string,
  stop: AbortSignal,
  tell: (ended: EndedJob | null) => void,
): Promise<void> {
  const own = new AbortController();
  const end = (): void => own.abort(stop.reason);
  stop.addEventListener('abort', end, { once: true });
  try {
    await runInFolder(folder, own);
  } catch (error) {
    const { code, message } = toProblem(error);
    console.error(`${code}: ${message}`);
  } finally {
    stop.removeEventListener('abort', end);
    tell({ ended: folder });
  }
}
