/** Text files by path. */
export type Files = Readonly<Record<string, string>>;

/** One answer to be applied to a tree, by every contender alike. */
export interface PatchCase {
  readonly id: string;
  /** Which figure it counts for. */
  readonly group: 'real' | 'answers' | 'synthetic' | 'must_refuse';
  /** The kind of mutation, for synthetic cases. */
  readonly kind: string;
  readonly files: Files;
  readonly answer: string;
  /** The tree that is right; null when nobody knows, or when nothing may be applied. */
  readonly after: Files | null;
  /** Nobody knows what is right: counted apart, never as wrong. */
  readonly unknown: boolean;
  /** The model's stop reason says that it ran into its limit. */
  readonly truncated: boolean;
}
