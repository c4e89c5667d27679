import { StringDecoder } from 'node:string_decoder';

const HEAD_BYTES = 16 * 1024;
const TAIL_BYTES = 48 * 1024;

/** What a command printed: its first 16 KB and last 48 KB, however much came in between. */
export interface OutputWindow {
  add(chunk: Buffer): void;
  bytes(): number;
  /** Valid text without NUL; a line between head and tail says how many bytes were left out. */
  text(): string;
}

export function createOutputWindow(): OutputWindow {
  const head: Buffer[] = [];
  let headBytes = 0;
  const tail: Buffer[] = [];
  let tailBytes = 0;
  let total = 0;

  function addToTail(chunk: Buffer): void {
    tail.push(chunk);
    tailBytes += chunk.length;
    let first = tail[0];
    while (first !== undefined && tailBytes - first.length >= TAIL_BYTES) {
      tail.shift();
      tailBytes -= first.length;
      first = tail[0];
    }
  }

  return {
    add(chunk) {
      total += chunk.length;
      const toHead = Math.min(HEAD_BYTES - headBytes, chunk.length);
      if (toHead > 0) {
        head.push(chunk.subarray(0, toHead));
        headBytes += toHead;
      }
      if (toHead < chunk.length) addToTail(chunk.subarray(toHead));
    },
    bytes: () => total,
    text() {
      const end = Buffer.concat(tail).subarray(-TAIL_BYTES);
      const leftOut = total - headBytes - end.length;
      if (leftOut === 0) return printable(Buffer.concat([...head, end]).toString('utf8'));
      const start = new StringDecoder('utf8').write(Buffer.concat(head));
      return printable(`${start}\n[… ${leftOut} bytes left out …]\n${withoutPartialCharacter(end)}`);
    },
  };
}

/** The text from the first whole UTF-8 character on. */
function withoutPartialCharacter(bytes: Buffer): string {
  let start = 0;
  while (start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return bytes.subarray(start).toString('utf8');
}

/** Postgres takes no NUL in text or JSON. */
function printable(text: string): string {
  return text.replaceAll('\0', '\uFFFD');
}
