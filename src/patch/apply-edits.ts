import { applyCounted } from './apply-counted.ts';
import { changes as hasChanges, newSide } from './hunk-sides.ts';
import { indexFiles, type WorkLimit } from './line-index.ts';
import { placeHunks } from './place-hunks.ts';
import { refusal } from './refusal.ts';
import { resolveTarget, type Target } from './resolve-path.ts';
import { unsafeLinkTarget } from '../domain/policy/paths.ts';
import { joinFile } from './source-file.ts';
import { namesOf } from './tree-names.ts';
import type {
  FileChange,
  FileEdit,
  FileMode,
  Hunk,
  HunkLine,
  Patch,
  PatchOutcome,
  Placement,
  Refusal,
  Tree,
  TreeFile,
} from './types.ts';

/** Comparisons of lines that one patch may cost; far beyond what a sound one needs. */
const MAX_WORK = 10_000_000;

/** All edits of one file, and what they make of it. */
interface Plan {
  readonly target: Target;
  readonly edits: FileEdit[];
  readonly hunks: Hunk[];
  mode: FileMode | null;
  /** The file is deleted first and then written anew. */
  replaced: boolean;
}

interface Made {
  readonly change: FileChange | null;
  readonly placements: readonly Placement[];
  readonly refusals: readonly Refusal[];
  /** The edits of the plan without the hunks that were refused. */
  readonly placed: readonly FileEdit[];
}

/**
 * Applies a parsed patch to a tree: all of it, or nothing. One that fits as git wrote it needs no search. A patch with refusals from parsing is never
 * applied, but what of it would find its place is told. Never throws.
 */
export function applyEdits(tree: Tree, patch: Patch): PatchOutcome {
  const counted = patch.counted === null ? null : applyCounted(tree, patch.counted);
  if (counted !== null && unsafeChanges(tree, counted.changes).length === 0)
    return { status: 'applied', ...counted };
  const work: WorkLimit = { left: MAX_WORK };
  const { plans, refusals } = planEdits(tree, patch.edits, work);
  const made = plans.map((plan) => carryOut(plan, tree, work));
  const changes = made.flatMap(({ change }) => (change === null ? [] : [change]));
  const all = [
    ...patch.refusals,
    ...refusals,
    ...made.flatMap((item) => item.refusals),
    ...unsafeChanges(tree, changes),
  ];
  if (all.length === 0 && plans.length === 0) all.push(refusal('no-diff'));
  if (all.length > 0)
    return { status: 'refused', refusals: all, placed: made.flatMap(({ placed }) => placed) };
  return { status: 'applied', changes, placements: made.flatMap(({ placements }) => placements) };
}

/** The tree after the changes of an applied patch; the given one is left as it is. */
export function applyChanges(tree: Tree, changes: readonly FileChange[]): Tree {
  const result = new Map(tree);
  for (const { path, after, renamedFrom } of changes) {
    if (renamedFrom !== undefined) result.delete(renamedFrom);
    if (after === null) result.delete(path);
    else result.set(path, after);
  }
  return result;
}

function planEdits(
  tree: Tree,
  edits: readonly FileEdit[],
  work: WorkLimit,
): { plans: readonly Plan[]; refusals: readonly Refusal[] } {
  const plans = new Map<string, Plan>();
  const refusals: Refusal[] = [];
  const names = namesOf(tree);
  const indexes = indexFiles(tree);
  for (const edit of edits) {
    const target = resolveTarget(edit, tree, names, indexes, work);
    const spellings = 'code' in target ? [...edit.newNames, ...edit.oldNames] : targetPaths(target);
    const known = spellings.map((name) => plans.get(name)).find((plan) => plan !== undefined);
    const joined = known === undefined ? null : join(known, edit, target);
    if (joined === true) continue;
    if (joined === false)
      refusals.push(refusal('overlap', { path: edit.newNames[0] ?? edit.oldNames[0] ?? null }));
    else if ('code' in target) refusals.push(target);
    else {
      const plan: Plan = { target, edits: [edit], hunks: [...edit.hunks], mode: edit.mode, replaced: false };
      for (const path of targetPaths(target)) plans.set(path, plan);
    }
  }
  return { plans: [...new Set(plans.values())], refusals };
}

function targetPaths(target: Target): readonly string[] {
  return 'newPath' in target ? [target.newPath, target.path] : [target.path];
}

/** Adds an edit to the plan for its file; false when the two cannot both be meant. */
function join(plan: Plan, edit: FileEdit, target: Target | Refusal): boolean {
  const before = plan.target.action;
  const after = 'code' in target ? null : target.action;
  if (before === 'delete' && edit.action === 'create' && !plan.replaced) {
    plan.replaced = true;
    plan.hunks.length = 0;
  } else if (before === 'create' && edit.action === 'create') {
    if (JSON.stringify(plan.hunks.map(added)) !== JSON.stringify(edit.hunks.map(added))) return false;
    return true;
  } else if (
    !(before === 'modify' && after === 'modify') &&
    !(before === 'rename' && edit.action === 'modify')
  ) {
    return before === edit.action && before === 'delete';
  }
  plan.edits.push(edit);
  for (const hunk of edit.hunks) plan.hunks.push(hunk);
  plan.mode = edit.mode ?? plan.mode;
  return true;
}

function added(hunk: Hunk): readonly string[] {
  return newSide(hunk.lines).map((line) => line.text);
}

function carryOut(plan: Plan, tree: Tree, work: WorkLimit): Made {
  const { target } = plan;
  const before = tree.get(target.path) ?? null;
  if (target.action === 'create' || plan.replaced) return create(plan, before);
  if (before === null) return refused(plan, 'file-missing');
  if (target.action === 'delete') return remove(plan, before, work);
  if (before.text.includes('\0') && plan.hunks.length > 0) return refused(plan, 'binary');
  const hunks = plan.hunks.filter((hunk) => hunk.lines.length > 0);
  const result = placeHunks(target.path, before.text, hunks, work);
  const after: TreeFile = { text: joinFile(result.file), mode: plan.mode ?? before.mode };
  return {
    change: result.refusals.length > 0 ? null : changeOf(target, before, after),
    placements: result.placements,
    refusals: result.refusals,
    placed: withoutHunks(plan, new Set(hunks.filter((_, at) => !result.placed.has(at + 1)))),
  };
}

function changeOf(target: Target, before: TreeFile, after: TreeFile): FileChange | null {
  if (target.action === 'rename') return { path: target.newPath, before, after, renamedFrom: target.path };
  if (target.action === 'copy') return { path: target.newPath, before: null, after };
  if (before.text === after.text && before.mode === after.mode) return null;
  return { path: target.path, before, after };
}

function withoutHunks(plan: Plan, missing: ReadonlySet<Hunk>): readonly FileEdit[] {
  return plan.edits.flatMap((edit) => {
    const hunks = edit.hunks.filter((hunk) => !missing.has(hunk));
    return hunks.length === 0 && edit.hunks.length > 0 ? [] : [{ ...edit, hunks }];
  });
}

function refused(plan: Plan, code: Refusal['code'], detail: string | null = null): Made {
  const known = {
    path: plan.target.path,
    hunk: plan.hunks[0] ?? null,
    hunkNumber: plan.hunks.length > 0 ? 1 : null,
  };
  return { change: null, placements: [], refusals: [refusal(code, { ...known, detail })], placed: [] };
}

/** Writes a file that is not there yet, or is empty, or was deleted by the same patch, or has this very text. */
function create(plan: Plan, before: TreeFile | null): Made {
  if (plan.hunks.length > 1) return refused(plan, 'malformed', 'a new file has more than one hunk');
  const text = newText(plan.hunks[0]?.lines ?? []);
  if (text === null)
    return refused(plan, 'file-missing', 'the hunk expects lines in a file that does not exist');
  const isThere = before?.text === text;
  const isFree = before === null || before.text === '';
  if (!isThere && !isFree && !plan.replaced) return refused(plan, 'file-exists');
  const { path } = plan.target;
  const level = isThere && !plan.replaced ? 'already-applied' : 'whole-file';
  const change = { path, before, after: { text, mode: plan.mode ?? '100644' } as const };
  const same = isThere && [null, before.mode].includes(plan.mode);
  return {
    change: same ? null : change,
    placements: [{ path, hunkNumber: 1, line: 1, level }],
    refusals: [],
    placed: plan.edits,
  };
}

/** Text of a new file; lines without `+` can only be blank ones that lost it, else null. */
function newText(hunkLines: readonly HunkLine[]): string | null {
  const lines = [...hunkLines];
  const isBlank = (line: HunkLine | undefined): boolean =>
    line?.kind === 'context' && line.text.trim() === '';
  while (isBlank(lines.at(-1))) lines.pop();
  if (lines.some((line) => line.kind !== 'add' && !isBlank(line))) return null;
  const finalNewline = lines.at(-1)?.noNewline !== true;
  return joinFile({ lines: lines.map((line) => (line.kind === 'add' ? line.text : '')), finalNewline });
}

/** Deletes a file: when the answer shows its lines, they must be all that it has. */
function remove(plan: Plan, before: TreeFile, work: WorkLimit): Made {
  const { path } = plan.target;
  if (plan.hunks.some((hunk) => hasChanges(hunk.lines))) {
    const result = placeHunks(path, before.text, plan.hunks, work);
    if (result.refusals.length > 0)
      return { change: null, placements: [], refusals: result.refusals, placed: [] };
    if (joinFile(result.file).trim() !== '') return refused(plan, 'delete-mismatch');
  }
  const placement: Placement = { path, hunkNumber: 1, line: 1, level: 'whole-file' };
  return { change: { path, before, after: null }, placements: [placement], refusals: [], placed: plan.edits };
}

/** Changes that could not be written to a real folder, or would reach out of it. */
function unsafeChanges(tree: Tree, changes: readonly FileChange[]): readonly Refusal[] {
  const after = applyChanges(tree, changes);
  const names = namesOf(after);
  const refusals: Refusal[] = [];
  for (const change of changes) {
    if (change.after === null) continue;
    const link = change.after.mode === '120000' ? unsafeLinkTarget(change.path, change.after.text) : null;
    const reason = link ?? blockedByFile(change.path, after);
    if (reason !== null) refusals.push(refusal('unsafe-path', { path: change.path, detail: reason }));
    const isNew = change.before === null || change.renamedFrom !== undefined;
    if (isNew && names.hasFolder(change.path))
      refusals.push(refusal('file-exists', { path: change.path, detail: 'it is a folder' }));
  }
  return refusals;
}

function blockedByFile(path: string, tree: Tree): string | null {
  for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
    const above = tree.get(path.slice(0, slash));
    if (above !== undefined)
      return above.mode === '120000' ? 'it lies behind a symbolic link' : 'it lies below a file';
  }
  return null;
}
