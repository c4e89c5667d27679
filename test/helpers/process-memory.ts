import { constants, openSync, readFileSync, readSync, closeSync, readdirSync } from 'node:fs';

const CHUNK_BYTES = 4 * 1024 * 1024;
/** What may lie across the border of two chunks. */
const OVERLAP_BYTES = 4096;

/** This process and all that come from it. */
export function familyOf(pid: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    const stat = readText(`/proc/${name}/stat`);
    // The command's name stands in brackets and may hold anything.
    parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
  }
  const family = [pid];
  for (const member of family) {
    for (const [child, parent] of parents) if (parent === member) family.push(child);
  }
  return family;
}

export const environmentOf = (pid: number): string => readText(`/proc/${pid}/environ`);
export const argumentsOf = (pid: number): string => readText(`/proc/${pid}/cmdline`);

/** Which of the texts stand in memory the process can write to; null when it cannot be read. */
export function foundInMemory(pid: number, texts: readonly string[]): readonly string[] | null {
  let memory: number;
  try {
    memory = openSync(`/proc/${pid}/mem`, constants.O_RDONLY);
  } catch {
    return null;
  }
  // Node keeps a string one byte or two bytes a character.
  const needles = texts.map((text) => ({
    text,
    forms: [Buffer.from(text, 'latin1'), Buffer.from(text, 'utf16le')],
  }));
  const found = new Set<string>();
  try {
    for (const [start, end] of writableRanges(pid)) {
      for (let at = start; at < end; at += CHUNK_BYTES - OVERLAP_BYTES) {
        const chunk = readChunk(memory, at, Math.min(CHUNK_BYTES, end - at));
        for (const { text, forms } of needles) {
          if (forms.some((form) => chunk.includes(form))) found.add(text);
        }
      }
    }
  } finally {
    closeSync(memory);
  }
  return [...found];
}

function writableRanges(pid: number): readonly (readonly [number, number])[] {
  return readText(`/proc/${pid}/maps`)
    .split('\n')
    .flatMap((line) => {
      const range = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line);
      return range
        ? [[Number.parseInt(range[1] ?? '', 16), Number.parseInt(range[2] ?? '', 16)] as const]
        : [];
    });
}

function readChunk(file: number, at: number, sizeBytes: number): Buffer {
  const chunk = Buffer.allocUnsafe(sizeBytes);
  try {
    return chunk.subarray(0, readSync(file, chunk, 0, sizeBytes, at));
  } catch {
    return chunk.subarray(0, 0); // reserved, but nothing is there
  }
}

/** Empty when the process is gone. */
function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
