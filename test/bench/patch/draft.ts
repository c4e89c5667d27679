import type { Files } from './patch-case.ts';
import type { VersionPair } from './packages.ts';
import type { Random } from './random.ts';
import { printDiff, type RawFile, type RawHunk } from './raw-diff.ts';

/** A sound diff with its trees, before a mutation spoils it. */
export interface Draft {
  readonly files: Files;
  readonly after: Files;
  readonly diff: readonly RawFile[];
}

/** What a mutation makes of a draft: the answer, and the trees where they are not the draft's. */
export interface Mutated {
  readonly answer: string;
  readonly files?: Files;
  /** Null: nothing may be applied. */
  readonly after?: Files | null;
  readonly truncated?: boolean;
}

/** Null when the draft offers nothing to spoil in this way. */
export type Mutation = (draft: Draft, random: Random) => Mutated | null;

const MAX_HUNKS = 8;
const MAX_SIBLINGS = 6;

/** Changes of one to three files of a package, among some files that stay as they are. */
export function makeDraft(pairs: readonly VersionPair[], random: Random): Draft {
  const pair = random.pick(pairs);
  const usable = pair.diff.filter(
    ({ path, hunks, oldLine, newLine }) =>
      pair.before[path] !== undefined &&
      pair.after[path] !== undefined &&
      hunks.length <= MAX_HUNKS &&
      !oldLine.includes('/dev/null') &&
      !newLine.includes('/dev/null'),
  );
  if (usable.length === 0) return makeDraft(pairs, random);
  const count = random.chance(0.8) ? 1 : 2 + random.below(2);
  const chosen = new Map(
    Array.from({ length: count }, () => random.pick(usable)).map((file) => [file.path, file]),
  );
  const siblings = Object.keys(pair.before).filter(
    (path) => !chosen.has(path) && (pair.before[path]?.length ?? 0) < 20_000,
  );
  const paths = new Set([
    ...chosen.keys(),
    ...Array.from({ length: MAX_SIBLINGS }, () => random.pick(siblings)),
  ]);
  const files: Record<string, string> = {};
  const after: Record<string, string> = {};
  for (const path of paths) {
    files[path] = pair.before[path] ?? '';
    after[path] = (chosen.has(path) ? pair.after[path] : pair.before[path]) ?? '';
  }
  const asGit = random.chance(0.5);
  const diff = [...chosen.values()].map((file) => (asGit ? file : { ...file, extended: [] }));
  return { files, after, diff };
}

export function eachHunk(draft: Draft, change: (hunk: RawHunk) => RawHunk): readonly RawFile[] {
  return draft.diff.map((file) => ({ ...file, hunks: file.hunks.map(change) }));
}

export function eachLine(draft: Draft, change: (line: string) => string): readonly RawFile[] {
  return eachHunk(draft, (hunk) => ({ ...hunk, body: hunk.body.map(change) }));
}

/** Whether a `\ No newline at end of file` stands in the diff. */
export function hasMarkers(draft: Draft): boolean {
  return draft.diff.some(({ hunks }) => hunks.some(({ body }) => body.some((line) => line.startsWith('\\'))));
}

/** The answer when something was changed, else null. */
export function ifChanged(draft: Draft, diff: readonly RawFile[]): Mutated | null {
  const answer = printDiff(diff);
  return answer === printDiff(draft.diff) ? null : { answer };
}

/** The texts of the changed files put through a function, in the tree, in the truth and nowhere else. */
export function mapTexts(draft: Draft, files: Files, change: (text: string) => string): Files {
  const changed = new Set(draft.diff.map(({ path }) => path));
  return Object.fromEntries(
    Object.entries(files).map(([path, text]) => [path, changed.has(path) ? change(text) : text]),
  );
}
