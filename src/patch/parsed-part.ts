import { unsafePath } from '../domain/policy/paths.ts';
import { refusal } from './refusal.ts';
import type { FileEdit, Refusal } from './types.ts';

/** More hunks and files than any change has that somebody will read. */
export const MAX_PARTS = 20_000;

/** What a reader made of one stretch of the answer. */
export interface ParsedPart {
  readonly edits: readonly FileEdit[];
  readonly refusals: readonly Refusal[];
  /** Index of the first line of the answer it did not read. */
  readonly next: number;
}

/** The edit, or the refusal when one of its names must not be touched. */
export function partOf(edit: FileEdit, next: number): ParsedPart {
  for (const name of [...edit.oldNames, ...edit.newNames]) {
    const reason = unsafePath(name);
    if (reason !== null) return refusedPart(refusal('unsafe-path', { path: name, detail: reason }), next);
  }
  return { edits: [edit], refusals: [], next };
}

export function refusedPart(refused: Refusal, next: number): ParsedPart {
  return { edits: [], refusals: [refused], next };
}
