import { randomUUID } from 'node:crypto';
import { type Sandbox } from '@daytonaio/sdk';
import { PtcError } from '../../domain/errors.ts';
import { notAFile, tooLarge } from '../file-errors.ts';
import { type Call } from './call.ts';
import { type Shell } from './shell.ts';

/** Most bytes of one answer; a longer file is read in several. */
const READ_LIMIT_BYTES = 4 * 1024 * 1024;
const ABSENT = 8;
const UNSAFE = 9;

/**
 * The file’s size, and what stands behind the offset in base64. Neither the log stream nor a download would do:
 * the one is text to the SDK, which spoils other bytes, and the other begins at the beginning each time.
 */
const READ_SCRIPT = `
[ -L "$1" ] && exit ${UNSAFE}
[ -e "$1" ] || exit ${ABSENT}
[ -f "$1" ] || exit ${UNSAFE}
stat -c %s "$1" || exit ${ABSENT}
tail -c "+$2" "$1" | head -c ${READ_LIMIT_BYTES} | base64 -w 0`;

/** Again after its answer was lost it finds nothing to move, and that is fine. The daemon’s own move replaces no file. */
const MOVE_SCRIPT = `
[ -e "$1" ] || exit 0
[ -d "$2" ] && exit ${UNSAFE}
chmod 600 "$1" && mv -f "$1" "$2"`;

/** Files of one workspace, by paths relative to its root. All reject as calls do. */
export interface RemoteFiles {
  /** Bytes from `offset` on, at most 4 MB at once; empty when the file is absent or ends there. */
  readFrom(relative: string, offset: number): Promise<Uint8Array>;
  /** The whole file, null when absent. Rejects with `workspace-file-too-large`. */
  read(relative: string, maxBytes: number): Promise<Uint8Array | null>;
  /** Puts the file in place whole, readable by its owner alone; its folder must be there. */
  write(relative: string, content: string): Promise<void>;
}

export interface RemotePlace {
  readonly sandbox: Sandbox;
  readonly root: string;
  readonly shell: Shell;
  readonly call: Call;
  readonly callTimeoutMs: number;
  readonly signal: AbortSignal;
}

export function remoteFiles(place: RemotePlace): RemoteFiles {
  return {
    async readFrom(relative, offset) {
      return (await readPart(place, relative, offset))?.bytes ?? new Uint8Array();
    },
    async read(relative, maxBytes) {
      const first = await readPart(place, relative, 0);
      if (first === null) return null;
      const { sizeBytes } = first;
      if (sizeBytes > maxBytes) throw tooLarge(relative, sizeBytes, maxBytes);
      const parts = [first.bytes];
      let readBytes = first.bytes.length;
      while (readBytes < sizeBytes) {
        const part = await readPart(place, relative, readBytes);
        if (part === null || part.bytes.length === 0) break;
        parts.push(part.bytes);
        readBytes += part.bytes.length;
      }
      return Buffer.concat(parts).subarray(0, sizeBytes);
    },
    async write(relative, content) {
      const { sandbox, root, shell, call, callTimeoutMs, signal } = place;
      const target = within(root, relative);
      const temporary = `${root}/.${randomUUID()}.tmp`;
      const upload = (): Promise<void> =>
        sandbox.fs.uploadFile(Buffer.from(content), temporary, callTimeoutMs / 1000);
      await call(upload, { what: 'upload a file', signal });
      const { exitCode } = await shell('put a file in place', MOVE_SCRIPT, [temporary, target], signal);
      if (exitCode !== 0) throw exitCode === UNSAFE ? notAFile(relative) : notWritten(relative);
    },
  };
}

interface FilePart {
  readonly sizeBytes: number;
  readonly bytes: Uint8Array;
}

async function readPart(place: RemotePlace, relative: string, offset: number): Promise<FilePart | null> {
  const { root, shell, signal } = place;
  const args = [within(root, relative), String(offset + 1)];
  const { exitCode, output } = await shell('read a file', READ_SCRIPT, args, signal);
  if (exitCode === ABSENT) return null;
  if (exitCode === UNSAFE) throw notAFile(relative);
  const [size = '', content = ''] = output.split('\n');
  if (exitCode !== 0 || !/^\d+$/.test(size)) throw unreadable(relative);
  return { sizeBytes: Number(size), bytes: Buffer.from(content, 'base64') };
}

function within(root: string, relative: string): string {
  const isPlain = /^[\w.-]+(?:\/[\w.-]+)*$/.test(relative) && !relative.split('/').some(isDots);
  if (!isPlain) throw notAFile(relative);
  return `${root}/${relative}`;
}

const isDots = (part: string): boolean => part === '.' || part === '..';

const unreadable = (relative: string): PtcError =>
  new PtcError({
    code: 'workspace-unreadable',
    message: `${JSON.stringify(relative)} in the workspace could not be read.`,
    remedy: 'Comment `/ptc build` to start again; the snapshot needs sh, stat, tail, head and base64.',
    retryable: true,
  });

const notWritten = (relative: string): PtcError =>
  new PtcError({
    code: 'workspace-not-written',
    message: `${JSON.stringify(relative)} could not be put into the workspace.`,
    remedy: 'Comment `/ptc build` to start again; look for a full disk in the workspace if it comes back.',
    retryable: true,
  });
