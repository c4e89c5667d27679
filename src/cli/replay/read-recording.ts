import { stat } from 'node:fs/promises';
import path from 'node:path';
import { readCaller } from '../../config.ts';
import { PtcError } from '../../domain/errors.ts';
import { Recording } from '../../protocol/recording.ts';
import { openRunFolder } from '../../store/run-folder.ts';
import { type Terminal } from '../terminal.ts';

const TIMEOUT_MS = 60_000;

export interface RecordingQuestion {
  /** The data folder. */
  readonly folder: string;
  readonly terminal: Terminal;
  /** Address of a server's run pages; null for runs from a terminal. */
  readonly server: string | null;
  readonly signal: AbortSignal;
}

/**
 * The recording of a run: by its id or its folder, or by its id from a server.
 * @throws PtcError `run-unknown`, `recording-unreadable`, `server-unavailable`, `key-refused`
 */
export async function readRecording(name: string, question: RecordingQuestion): Promise<Recording> {
  const { folder, terminal, server, signal } = question;
  if (server !== null) return fetchRecording(name, server, readCaller(terminal.env).apiKey, signal);
  const given = path.resolve(terminal.folder, name);
  const isFolder = await stat(path.join(given, 'run.json')).then(
    () => true,
    () => false,
  );
  return (await openRunFolder(isFolder ? given : path.join(folder, 'runs', name))).recording();
}

async function fetchRecording(
  runId: string,
  server: string,
  key: string | null,
  signal: AbortSignal,
): Promise<Recording> {
  const url = `${server.replace(/\/+$/, '')}/runs/${encodeURIComponent(runId)}/recording`;
  let response: Response;
  try {
    response = await fetch(url, {
      headers: key === null ? {} : { authorization: `Bearer ${key}` },
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
  } catch (cause) {
    signal.throwIfAborted();
    throw unavailable(`${server} cannot be reached.`, cause);
  }
  if (response.status === 404) throw unknown(runId, server);
  if (response.status === 401 || response.status === 403) throw refused(server);
  if (!response.ok) throw unavailable(`${server} answered ${response.status}.`);
  const parsed = Recording.safeParse(await response.json().catch(() => null));
  if (parsed.success) return parsed.data;
  throw new PtcError({
    code: 'recording-unreadable',
    message: `What ${server} sent is no recording of this release of PTC Bot.`,
    remedy: 'Use the release that the server runs.',
    retryable: false,
  });
}

const unknown = (runId: string, server: string): PtcError =>
  new PtcError({
    code: 'run-unknown',
    message: `${server} has no recording of ${runId}: it knows no such run, or its details were deleted for age.`,
    remedy: 'Look for its id on the server’s list of runs.',
    retryable: false,
  });

const refused = (server: string): PtcError =>
  new PtcError({
    code: 'key-refused',
    message: `${server} answers only to who has a key for runs.`,
    remedy: 'Set PTC_API_KEY to one. Its administrator makes it with `ptc key create <name> --scope runs`.',
    retryable: false,
  });

const unavailable = (message: string, cause?: unknown): PtcError =>
  new PtcError(
    {
      code: 'server-unavailable',
      message,
      remedy: 'Name the address of its run pages with --server, such as http://127.0.0.1:8001.',
      retryable: true,
    },
    { cause },
  );
