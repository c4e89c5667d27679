import { createHash } from 'node:crypto';
import type * as z from 'zod';
import { PtcError } from '../domain/errors.ts';
import { EventLine, RunnerEvent } from '../protocol/runner-event.ts';
import { PROTOCOL_VERSION } from '../protocol/version.ts';

/** Longest line taken, its newline not counted. Runners keep to 1,000,000 with it. */
const MAX_LINE_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

/** Bytes of a log cut into its whole lines. */
interface CutLines {
  readonly lines: readonly Uint8Array[];
  /** Their length, newlines included; what stands behind is the beginning of a line still being written. */
  readonly lengthBytes: number;
}

/** Throws `mailbox-line-too-long`, also for a line that has not ended yet. */
export function cutLines(bytes: Uint8Array): CutLines {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  const rest = bytes.subarray(start);
  if ([...lines, rest].some((line) => line.length > MAX_LINE_BYTES)) {
    throw new PtcError({
      code: 'mailbox-line-too-long',
      message: `The runner wrote a line of more than ${MAX_LINE_BYTES} bytes.`,
      remedy: 'Start the run again with /ptc build; report it as a bug of the runner if it comes back.',
      retryable: false,
    });
  }
  return { lines, lengthBytes: start };
}

/** One line: an event, or where a larger one lies. Throws `mailbox-invalid` or `protocol-mismatch`. */
export function parseLine(line: Uint8Array): z.infer<typeof EventLine> {
  const value = parseJson(line, 'a line of the events');
  refuseOtherVersion(value);
  const parsed = EventLine.safeParse(value);
  if (!parsed.success) {
    const { error } = RunnerEvent.safeParse(value);
    throw mailboxInvalid(`A line of the events is none: ${firstIssue(error ?? parsed.error)}`);
  }
  return parsed.data;
}

/** The event in a blob that the line `seq` named by its SHA-256. Throws as parseLine does. */
export function parseBlob(blob: Uint8Array, sha256: string, seq: number): RunnerEvent {
  if (createHash('sha256').update(blob).digest('hex') !== sha256) {
    throw mailboxInvalid('The content of a blob does not match its name.');
  }
  const value = parseJson(blob, 'a blob');
  refuseOtherVersion(value);
  const parsed = RunnerEvent.safeParse(value);
  if (!parsed.success) throw mailboxInvalid(`A blob holds no event: ${firstIssue(parsed.error)}`);
  if (parsed.data.seq !== seq) throw mailboxInvalid('A blob holds another event than its line says.');
  return parsed.data;
}

/** Strictly UTF-8, strictly JSON. */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    throw mailboxInvalid(`What the runner wrote as ${what} is not JSON in UTF-8.`, error);
  }
}

/** Looked at before anything else: of another version nothing can be expected to parse. */
export function refuseOtherVersion(value: unknown): void {
  if (typeof value !== 'object' || value === null || !('protocolVersion' in value)) return;
  if (value.protocolVersion === PROTOCOL_VERSION) return;
  throw new PtcError({
    code: 'protocol-mismatch',
    message: `The runner speaks another version of the protocol than this app, which speaks ${PROTOCOL_VERSION}.`,
    remedy: 'Build the runner and the workspace template from the same version as the app: npm run build.',
    retryable: false,
  });
}

export const mailboxInvalid = (message: string, cause?: unknown): PtcError =>
  new PtcError(
    {
      code: 'mailbox-invalid',
      message,
      remedy:
        'The workspace is not to be trusted any more and the run ends. Start it again with /ptc build; look at what the repository’s commands do if it comes back.',
      retryable: false,
    },
    { cause },
  );

interface Issues {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly code?: string | undefined }[];
}

/** Where it fails and how, without the untrusted value itself. */
export function firstIssue({ issues }: Issues): string {
  const issue = issues[0];
  return issue
    ? `${issue.code ?? 'invalid'} at ${JSON.stringify(issue.path.map(String).join('.'))}`
    : 'invalid';
}
