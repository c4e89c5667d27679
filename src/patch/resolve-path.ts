import { oldSide } from './hunk-sides.ts';
import type { LineIndex, WorkLimit } from './line-index.ts';
import { refusal } from './refusal.ts';
import { searchStrictly } from './search.ts';
import { endAlike, type TreeNames } from './tree-names.ts';
import type { FileEdit, Refusal, RefusalCode, Tree } from './types.ts';

/** What an edit comes down to for this tree. */
export type Target =
  | { readonly action: 'modify' | 'create' | 'delete'; readonly path: string }
  | { readonly action: 'rename' | 'copy'; readonly path: string; readonly newPath: string };

/** Finds the file an edit means, whatever prefix the answer gave its path or left out. */
export function resolveTarget(
  edit: FileEdit,
  tree: Tree,
  names: TreeNames,
  indexOf: (path: string) => LineIndex,
  work: WorkLimit,
): Target | Refusal {
  switch (edit.action) {
    case 'create':
      return resolveCreate(edit, tree, names);
    case 'delete': {
      const path = existing(edit.oldNames, tree);
      return path === null ? refuse('file-missing', edit) : { action: 'delete', path };
    }
    case 'rename':
    case 'copy':
      return resolveMove(edit, edit.action, tree);
    case 'modify':
      return edit.oldNames.length + edit.newNames.length === 0
        ? resolveByContent(edit, tree, indexOf, work)
        : resolveModify(edit, tree, names);
  }
}

function refuse(code: RefusalCode, edit: FileEdit, detail: string | null = null): Refusal {
  return refusal(code, {
    path: edit.newNames[0] ?? edit.oldNames[0] ?? null,
    hunk: edit.hunks[0] ?? null,
    detail,
  });
}

function existing(names: readonly string[], tree: Tree): string | null {
  return names.find((name) => tree.has(name)) ?? null;
}

function onlyAdds(edit: FileEdit): boolean {
  return edit.hunks.every((hunk) => oldSide(hunk.lines).every((line) => line.text.trim() === ''));
}

function resolveCreate(edit: FileEdit, tree: Tree, names: TreeNames): Target | Refusal {
  const path = existing(edit.newNames, tree);
  if (path !== null) return { action: onlyAdds(edit) ? 'create' : 'modify', path };
  const [likely, other] = edit.newNames;
  if (likely === undefined) return refuse('path-unclear', edit, 'it names no file');
  const isPrefix =
    other !== undefined && likely.endsWith(other) && !names.hasFolder(likely.split('/')[0] ?? '');
  return { action: 'create', path: isPrefix ? other : likely };
}

function resolveMove(edit: FileEdit, action: 'rename' | 'copy', tree: Tree): Target | Refusal {
  const path = existing(edit.oldNames, tree);
  const newPath = existing(edit.newNames, tree);
  if (path !== null && newPath !== null) return refuse('file-exists', edit);
  if (path !== null) return { action, path, newPath: edit.newNames[0] ?? path };
  // The move was made before; its hunks will show whether they were too.
  return newPath !== null && action === 'rename'
    ? { action: 'modify', path: newPath }
    : refuse('file-missing', edit);
}

function resolveModify(edit: FileEdit, tree: Tree, names: TreeNames): Target | Refusal {
  const before = existing(edit.oldNames, tree);
  const after = existing(edit.newNames, tree);
  if (before !== null && after !== null && before !== after)
    return refuse('path-unclear', edit, `both ${before} and ${after} exist`);
  if (after !== null) return { action: 'modify', path: after };
  if (before !== null) {
    const [claimed] = edit.newNames;
    if (claimed === undefined || endAlike(claimed, before)) return { action: 'modify', path: before };
    return refuse('path-unclear', edit, `only ${before} exists, and no rename is stated`);
  }
  return resolveMissing(edit, names);
}

/** No name exists: a new file when nothing is expected to stand in it, else the one file whose path ends alike. */
function resolveMissing(edit: FileEdit, names: TreeNames): Target | Refusal {
  const spellings = [...edit.newNames, ...edit.oldNames];
  const alike = [...new Set(spellings.flatMap((name) => names.endingAlike(name)))];
  const [path] = alike;
  if (alike.length > 1) return refuse('path-unclear', edit, `it could be ${alike.slice(0, 5).join(', ')}`);
  if (onlyAdds(edit)) {
    const [likely] = spellings;
    const [hunk] = edit.hunks;
    const saysNew =
      edit.format === 'unified' && edit.hunks.length === 1 && (path === undefined || hunk?.oldCount === 0);
    return saysNew && likely !== undefined
      ? { action: 'create', path: likely }
      : refuse('file-missing', edit);
  }
  return path === undefined ? refuse('file-missing', edit) : { action: 'modify', path };
}

/** Hunks without any file name belong to the one file in which every one of them stands word for word. */
function resolveByContent(
  edit: FileEdit,
  tree: Tree,
  indexOf: (path: string) => LineIndex,
  work: WorkLimit,
): Target | Refusal {
  const fitting: string[] = [];
  for (const path of tree.keys()) {
    if (work.left < 0) return refuse('too-much-work', edit);
    work.left -= edit.hunks.length;
    if (edit.hunks.every((hunk) => searchStrictly(hunk, indexOf(path), work) !== null)) fitting.push(path);
  }
  const [only] = fitting;
  if (only === undefined || fitting.length > 1) return refuse('path-unclear', edit, 'it names no file');
  return { action: 'modify', path: only };
}
