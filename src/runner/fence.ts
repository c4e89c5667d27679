import { randomBytes } from 'node:crypto';

/**
 * Marks text as data from somewhere: nobody who writes into an issue or a repository can know the boundary,
 * so nothing inside can pretend that the data has ended.
 */
export type Fence = (label: string, text: string) => string;

export function createFence(): Fence {
  const boundary = randomBytes(8).toString('hex');
  return (label, text) =>
    `<data-${boundary} from="${label.replaceAll(/["<>\n]/g, '')}">\n${text}\n</data-${boundary}>`;
}

/** The beginning of the text, cut at a character, with a note when something was left out. */
export function cutText(text: string, maxBytes: number): string {
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes <= maxBytes) return text;
  const head = wholeCharacters(Buffer.from(text).subarray(0, maxBytes));
  return `${head}\n[cut: ${sizeBytes - Buffer.byteLength(head)} of ${sizeBytes} bytes left out]`;
}

/** Head and tail of the text, the tail the larger part: that is where commands say what went wrong. */
export function cutMiddle(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  const headBytes = Math.floor(maxBytes / 4);
  const head = wholeCharacters(bytes.subarray(0, headBytes));
  const tail = bytes
    .subarray(bytes.length - (maxBytes - headBytes))
    .toString()
    .replace(/^\uFFFD+/, '');
  return `${head}\n[${bytes.length - maxBytes} bytes left out]\n${tail}`;
}

const wholeCharacters = (bytes: Buffer): string => bytes.toString().replace(/\uFFFD+$/, '');
