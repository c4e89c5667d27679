/** One file of the change; null is "not there". Paths are relative to the tree. */
export interface FileChange {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}
