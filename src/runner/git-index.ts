import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

/** Signature, version and number of entries. */
const HEADER_BYTES = 12;

const emptyHeader = Buffer.from('DIRC\0\0\0\x02\0\0\0\0', 'latin1');

/** Git's index of a tree in which nothing is tracked. */
export const EMPTY_INDEX: Buffer = Buffer.concat([
  emptyHeader,
  createHash('sha1').update(emptyHeader).digest(),
]);

/** True when the index at that path tracks nothing. */
export async function tracksNothing(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    return bytesRead === HEADER_BYTES && buffer.readUInt32BE(8) === 0;
  } finally {
    await file.close();
  }
}
