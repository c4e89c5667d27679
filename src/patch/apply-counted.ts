import { countedText } from './counted-text.ts';
import type { FileChange, FileEdit, Placement, Tree, TreeFile } from './types.ts';

export interface Counted {
  readonly changes: readonly FileChange[];
  readonly placements: readonly Placement[];
}

/**
 * Applies a diff as git wrote it, with no search at all: every hunk has git's context, stands at its claimed
 * line before and after the change, and fits there byte for byte. Null unless that is so for all of it.
 */
export function applyCounted(tree: Tree, edits: readonly FileEdit[]): Counted | null {
  const changes = new Map<string, FileChange>();
  const sources = new Set<string>();
  for (const edit of edits) {
    const change = changeOf(tree, edit);
    if (change === null || !note(change, changes, sources, tree)) return null;
  }
  return {
    changes: [...changes.values()].filter((change) => !isNothing(change)),
    placements: edits.flatMap(placementsOf),
  };
}

/** Adds a change to the others; false where its source was used before or its path is taken. */
function note(
  change: FileChange,
  changes: Map<string, FileChange>,
  sources: Set<string>,
  tree: Tree,
): boolean {
  const { path, before, renamedFrom } = change;
  const source = before === null ? null : (renamedFrom ?? path);
  if (source !== null && sources.has(source)) return false;
  if (source !== null) sources.add(source);
  const earlier = changes.get(path);
  // Git writes a link in place of a file as a deletion and a new file.
  if (before === null && earlier?.after === null) {
    changes.set(path, { ...change, before: earlier.before });
    return true;
  }
  if (earlier !== undefined || (path !== source && tree.has(path))) return false;
  changes.set(path, change);
  return true;
}

function changeOf(tree: Tree, edit: FileEdit): FileChange | null {
  const [old = '', now = ''] = [edit.oldNames[0], edit.newNames[0]];
  if (edit.action === 'create') return created(now, edit);
  const before = tree.get(old);
  const text = before === undefined ? null : countedText(before.text, edit.hunks);
  if (before === undefined || text === null) return null;
  const after: TreeFile = { text, mode: edit.mode ?? before.mode };
  switch (edit.action) {
    case 'delete':
      return text === '' ? { path: old, before, after: null } : null;
    case 'modify':
      return old === now ? { path: old, before, after } : null;
    case 'rename':
      return { path: now, before, after, renamedFrom: old };
    case 'copy':
      return { path: now, before: null, after };
  }
}

function created(path: string, { mode, hunks }: FileEdit): FileChange | null {
  const text = path === '' ? null : countedText('', hunks);
  return text === null ? null : { path, before: null, after: { text, mode: mode ?? '100644' } };
}

function isNothing({ before, after, renamedFrom }: FileChange): boolean {
  return renamedFrom === undefined && before?.text === after?.text && before?.mode === after?.mode;
}

function placementsOf({ action, oldNames, newNames, hunks }: FileEdit): readonly Placement[] {
  const path = (action === 'create' || action === 'copy' ? newNames : oldNames)[0] ?? '';
  if (action === 'create' || action === 'delete')
    return [{ path, hunkNumber: 1, line: 1, level: 'whole-file' }];
  return hunks.map(({ oldStart }, at) => ({
    path,
    hunkNumber: at + 1,
    line: Math.max(1, oldStart ?? 1),
    level: 'exact',
  }));
}
