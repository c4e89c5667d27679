/** Modes git keeps for text: plain, executable, symbolic link (its text is the target). */
export type FileMode = '100644' | '100755' | '120000';

/** One file in memory. `text` is decoded UTF-8 that encodes back to the same bytes: BOM and CRLF are kept. */
export interface TreeFile {
  readonly text: string;
  readonly mode: FileMode;
}

/** Files by their path: relative to the repository, POSIX slashes. */
export type Tree = ReadonlyMap<string, TreeFile>;

export interface HunkLine {
  readonly kind: 'context' | 'remove' | 'add';
  /** Without the prefix column and without the newline; a carriage return stays. */
  readonly text: string;
  /** The answer had no prefix column here, so the whole line is the text. */
  readonly bare?: true;
  /** `\ No newline at end of file` followed. */
  readonly noNewline?: true;
}

/** A piece of change with the lines around it. Numbers are what the model claimed: hints, never facts. */
export interface Hunk {
  readonly lines: readonly HunkLine[];
  readonly oldStart: number | null;
  readonly oldCount: number | null;
  readonly newStart: number | null;
  readonly newCount: number | null;
  /** Lines said to stand above the hunk: git's section heading, or an envelope's `@@ class X` lines. */
  readonly anchors: readonly string[];
  /** The answer says that the hunk ends at the end of the file. */
  readonly atEnd: boolean;
  /** The answer ends with this hunk and it has less than it declared: its place must tell whether it was cut. */
  readonly mayBeCut: boolean;
  /** From this line on the body may be prose that followed the diff. */
  readonly proseFrom: number | null;
  /** 1-based line of the answer. */
  readonly answerLine: number;
}

export type EditAction = 'modify' | 'create' | 'delete' | 'rename' | 'copy';

/** What an answer wants done to one file. Every format is parsed into this. */
export interface FileEdit {
  readonly format: 'unified' | 'search-replace' | 'envelope';
  readonly action: EditAction;
  /** Spellings of the file's path before the change, likeliest first; both lists empty: the answer named none. */
  readonly oldNames: readonly string[];
  readonly newNames: readonly string[];
  /** Mode after the change when the answer states one. */
  readonly mode: FileMode | null;
  readonly hunks: readonly Hunk[];
  readonly answerLine: number;
}

/** How a hunk was placed, from surest to least sure. */
export type Level =
  | 'exact'
  | 'trailing-space'
  | 'characters'
  | 'already-applied'
  | 'lost-prefix'
  | 'indent'
  | 'inner-space'
  | 'aligned'
  | 'after-others'
  | 'whole-file';

export type RefusalCode =
  | 'no-diff'
  | 'truncated'
  | 'malformed'
  | 'unsafe-path'
  | 'binary'
  | 'unsupported'
  | 'file-missing'
  | 'file-exists'
  | 'path-unclear'
  | 'not-found'
  | 'ambiguous'
  | 'no-context'
  | 'overlap'
  | 'delete-mismatch'
  | 'unclear-text'
  | 'unclear-line-ends'
  | 'too-much-work';

/** Why something was not applied. Plain data; `explain.ts` makes the texts. */
export interface Refusal {
  readonly code: RefusalCode;
  /** As the answer spelled it; for showing only, it may be unsafe. */
  readonly path: string | null;
  /** 1-based among the file's hunks. */
  readonly hunkNumber: number | null;
  readonly hunk: Hunk | null;
  /** The last level tried, or the one whose matches were too many. */
  readonly level: Level | null;
  /** How many places matched at that level. */
  readonly matches: number;
  /** 1-based lines where it matched (bounded). */
  readonly places: readonly number[];
  /** The nearest miss: 1-based file line, what the hunk has for it, and what stands there. */
  readonly line: number | null;
  readonly expected: string | null;
  readonly found: string | null;
  /** One more fact, such as the reason a path is unsafe. */
  readonly detail: string | null;
}

export interface Patch {
  readonly edits: readonly FileEdit[];
  /** Found while parsing. While there is one, nothing of the patch is applied. */
  readonly refusals: readonly Refusal[];
  /** The same answer read by its declared counts alone, where all of it is as git writes it; else null. */
  readonly counted: readonly FileEdit[] | null;
}

export interface ParsedAnswer extends Patch {
  /** Safe spellings of every path the answer names: load those and nothing else is needed. */
  readonly paths: readonly string[];
}

export interface FileChange {
  readonly path: string;
  readonly before: TreeFile | null;
  readonly after: TreeFile | null;
  readonly renamedFrom?: string;
}

export interface Placement {
  readonly path: string;
  readonly hunkNumber: number;
  /** 1-based line of the file before the change. */
  readonly line: number;
  readonly level: Level;
}

export type PatchOutcome =
  | {
      readonly status: 'applied';
      readonly changes: readonly FileChange[];
      readonly placements: readonly Placement[];
    }
  | {
      readonly status: 'refused';
      readonly refusals: readonly Refusal[];
      readonly placed: readonly FileEdit[];
    };
