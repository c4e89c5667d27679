/** The daemon in a sandbox: files and processes. */
import { existsSync, statSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { ApiError } from './api-error.ts';
import { runCommand, type RunningCommand } from './command.ts';
import { homeOf, placeIn, type Sandbox } from './sandbox.ts';

export interface ToolboxCall {
  readonly sandbox: Sandbox;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly sessionId: string;
  readonly commandId: string;
}

export interface UploadedFile {
  readonly path: string;
  readonly content: Uint8Array;
}

/** A body that is no JSON. */
export interface RawBody {
  readonly contentType: string;
  readonly content: Uint8Array;
}

const Execute = z.object({ command: z.string(), timeout: z.number().optional() });
const SessionExecute = z.object({ command: z.string(), runAsync: z.boolean().optional() });

const daemonError = (status: number, message: string, code: string): ApiError =>
  new ApiError(status, message, code, 'DAYTONA_DAEMON');

export const TOOLBOX: Readonly<Record<string, (call: ToolboxCall) => unknown>> = {
  'GET /user-home-dir': ({ sandbox }) => ({ dir: homeOf(sandbox) }),
  'GET /work-dir': ({ sandbox }) => ({ dir: homeOf(sandbox) }),
  'POST /files/folder': async ({ sandbox, query }) => {
    await mkdir(placeIn(sandbox, query.get('path') ?? ''), { recursive: true });
    return {};
  },
  'GET /files/info': ({ sandbox, query }) => {
    const file = placeIn(sandbox, query.get('path') ?? '');
    if (!existsSync(file)) throw daemonError(404, 'file not found', 'FILE_NOT_FOUND');
    const found = statSync(file);
    return {
      name: path.basename(file),
      isDir: found.isDirectory(),
      size: found.size,
      mode: '0644',
      modTime: found.mtime.toISOString(),
      permissions: '',
      owner: '',
      group: '',
    };
  },
  'DELETE /files': async ({ sandbox, query }) => {
    await rm(placeIn(sandbox, query.get('path') ?? ''), { recursive: true, force: true });
    return {};
  },
  // The daemon refuses to replace a file.
  'POST /files/move': async ({ sandbox, query }) => {
    const [from, to] = ['source', 'destination'].map((name) => placeIn(sandbox, query.get(name) ?? ''));
    if (!existsSync(from ?? '')) throw daemonError(404, 'file not found', 'FILE_NOT_FOUND');
    if (existsSync(to ?? '')) throw daemonError(409, 'destination already exists', 'CONFLICT');
    await rename(from ?? '', to ?? '');
    return {};
  },
  'POST /files/bulk-download': ({ sandbox, body }) => download(sandbox, body),
  'POST /process/execute': async ({ sandbox, body }) => {
    const { command, timeout } = Execute.parse(body);
    const timeoutMs = timeout === undefined ? null : timeout * 1000;
    const running = runCommand(sandbox, command, { isShell: false, timeoutMs });
    const exitCode = await running.ended;
    return { exitCode, code: exitCode, result: running.text() };
  },
  'POST /process/session': ({ sandbox, body }) => {
    const { sessionId } = z.object({ sessionId: z.string() }).parse(body);
    if (sandbox.sessions.has(sessionId)) throw daemonError(409, 'session already exists', 'CONFLICT');
    sandbox.sessions.set(sessionId, new Map());
    return {};
  },
  'GET /process/session/{id}': ({ sandbox, sessionId }) => ({
    sessionId,
    commands: [...sessionOf(sandbox, sessionId).values()].map(presentCommand),
  }),
  'POST /process/session/{id}/exec': async ({ sandbox, sessionId, body }) => {
    const session = sessionOf(sandbox, sessionId);
    const { command, runAsync = false } = SessionExecute.parse(body);
    const running = runCommand(sandbox, command, { isShell: true, timeoutMs: null });
    session.set(running.id, running);
    if (runAsync) return { cmdId: running.id };
    const exitCode = await running.ended;
    return { cmdId: running.id, exitCode, output: running.text() };
  },
  'GET /process/session/{id}/command/{id}': ({ sandbox, sessionId, commandId }) =>
    presentCommand(commandOf(sandbox, sessionId, commandId)),
};

export async function upload(sandbox: Sandbox, files: readonly UploadedFile[]): Promise<void> {
  for (const { path: name, content } of files) {
    const file = placeIn(sandbox, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** The uploaded files of a multipart body: `files[0].path` says where `files[0].file` goes. */
export async function readUpload(
  content: Uint8Array<ArrayBuffer>,
  contentType: string,
): Promise<UploadedFile[]> {
  const form = await new Response(content, { headers: { 'content-type': contentType } }).formData();
  const files: UploadedFile[] = [];
  for (const [field, value] of form) {
    const index = /^files\[(\d+)\]\.file$/.exec(field)?.[1];
    if (index === undefined || typeof value === 'string') continue;
    const target = form.get(`files[${index}].path`);
    if (typeof target !== 'string') throw daemonError(400, 'a file without a path', 'BAD_REQUEST');
    files.push({ path: target, content: new Uint8Array(await value.arrayBuffer()) });
  }
  return files;
}

async function download(sandbox: Sandbox, body: unknown): Promise<RawBody> {
  const { paths } = z.object({ paths: z.array(z.string()) }).parse(body);
  const boundary = 'daytona-boundary';
  const parts: Uint8Array[] = [];
  for (const name of paths) {
    const content = await readFile(placeIn(sandbox, name)).catch(() => null);
    const field = content === null ? 'error' : 'file';
    const type = content === null ? 'application/json' : 'application/octet-stream';
    const missing = daemonError(404, 'file not found', 'FILE_NOT_FOUND').envelope();
    parts.push(
      Buffer.from(
        `--${boundary}\r\nContent-Disposition: form-data; name="${field}"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n`,
      ),
      content ?? Buffer.from(JSON.stringify(missing)),
      Buffer.from('\r\n'),
    );
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return { contentType: `multipart/form-data; boundary=${boundary}`, content: Buffer.concat(parts) };
}

function sessionOf(sandbox: Sandbox, sessionId: string): Map<string, RunningCommand> {
  const session = sandbox.sessions.get(sessionId);
  if (session === undefined) throw daemonError(404, 'session not found', 'PROCESS_NOT_FOUND');
  return session;
}

export function commandOf(sandbox: Sandbox, sessionId: string, commandId: string): RunningCommand {
  const command = sessionOf(sandbox, sessionId).get(commandId);
  if (command === undefined) throw daemonError(404, 'command not found', 'PROCESS_NOT_FOUND');
  return command;
}

function presentCommand(running: RunningCommand): Readonly<Record<string, unknown>> {
  const { id, command } = running;
  const exitCode = running.exitCode();
  return { id, command, ...(exitCode === null ? {} : { exitCode }) };
}
