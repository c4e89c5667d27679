import { isUtf8 } from 'node:buffer';
import { chmod, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { neverAllowed, unsafePath } from '../../domain/policy/paths.ts';
import {
  applyEdits,
  combineEdits,
  explainToModel,
  explainToPerson,
  type FileChange,
  type FileEdit,
  parseAnswer,
  type ParsedAnswer,
  type TreeFile,
} from '../../patch/index.ts';
import { replaceTreeFile } from '../checks/tree-file.ts';
import { type Emit } from '../events.ts';
import { type Fence } from '../fence.ts';
import { type WorkTree } from '../work-tree.ts';
import { defineTool, type Tool, type ToolAnswer, ToolMisuse } from './tool.ts';
import { readForModel, assertWritable } from './tree-path.ts';

const MAX_FILE_BYTES = 4 * 1024 * 1024;

const Input = z.strictObject({
  diff: z.string().min(1).describe('The change as a unified diff.'),
  forget_held: z.boolean().optional().describe('True: hunks held from a refused patch are dropped first.'),
});

/** Applies patches to the work tree: all of one, or nothing of it. */
export interface PatchDesk {
  readonly tool: Tool;
  /** Takes a plain answer for a patch; null when there is no diff in it. */
  readonly applyAnswer: (answer: string, truncated: boolean) => Promise<ToolAnswer | null>;
  /** How many hunks of a refused patch fit and wait for the others. */
  readonly heldHunks: () => number;
}

/** @param onApplied called after each applied patch; what it says is told to the model too */
export function openPatchDesk(
  work: WorkTree,
  fence: Fence,
  emit: Emit,
  onApplied: () => Promise<string> = () => Promise.resolve(''),
): PatchDesk {
  let held: readonly FileEdit[] = [];

  const refuse = (text: string, detail = text): ToolAnswer => {
    emit({ type: 'patch', applied: false, detail });
    return { text, isError: true, summary: detail.split('\n')[0] ?? '' };
  };

  const apply = async (parsed: ParsedAnswer): Promise<ToolAnswer> => {
    const patch = combineEdits(held, parsed);
    const tree = await loadTree(work.path, patch.paths);
    const outcome = applyEdits(tree, patch);
    held = outcome.status === 'refused' ? outcome.placed : [];
    if (outcome.status === 'refused') {
      const { refusals } = outcome;
      return refuse(
        `Refused.\n${fence('apply_patch', explainToModel(refusals, tree))}`,
        explainToPerson(refusals),
      );
    }
    const forbidden = outcome.changes.flatMap(forbiddenPaths);
    if (forbidden.length > 0) return refuse(`Nothing was applied. ${forbidden.join(' ')}`);
    const ignored = await writeChanges(work, outcome.changes);
    const text =
      [...outcome.changes.map(changeInWords), ...ignored.map(ignoredInWords)].join('\n') || 'no change';
    emit({ type: 'patch', applied: true, detail: text });
    const remark = await onApplied();
    return {
      text: `Applied.\n${text}${remark === '' ? '' : `\n${remark}`}`,
      isError: false,
      summary: text.split('\n').join(', '),
    };
  };

  const applyOrExplain = async (parsed: ParsedAnswer): Promise<ToolAnswer> => {
    try {
      return await apply(parsed);
    } catch (error) {
      if (error instanceof ToolMisuse) return refuse(error.message);
      throw error;
    }
  };

  return {
    heldHunks: () => held.reduce((sum, edit) => sum + Math.max(1, edit.hunks.length), 0),
    async applyAnswer(answer, truncated) {
      const parsed = parseAnswer(answer, { truncated });
      return hasNoDiff(parsed) ? null : applyOrExplain(parsed);
    },
    tool: defineTool({
      name: 'apply_patch',
      description:
        'Changes, creates, deletes or renames files by a unified diff. Hunks need no line numbers or counts; each is found by its context and removed lines, which must stand in the file exactly and at one place only. All hunks fit, or nothing is changed and you are told which did not.',
      input: Input,
      async run({ diff, forget_held: forgetHeld }, truncated) {
        if (forgetHeld === true) held = [];
        const parsed = parseAnswer(diff, { truncated });
        const answer = await applyOrExplain(parsed);
        return hasNoDiff(parsed) ? { ...answer, unusable: true as const } : answer;
      },
    }),
  };
}

const hasNoDiff = (parsed: ParsedAnswer): boolean =>
  parsed.refusals.some((refusal) => refusal.code === 'no-diff');

/** Existing files among the paths; the engine itself refuses those that leave the tree. Throws ToolMisuse for one that cannot be patched. */
async function loadTree(tree: string, paths: readonly string[]): Promise<ReadonlyMap<string, TreeFile>> {
  const files = new Map<string, TreeFile>();
  for (const path of paths.filter((each) => unsafePath(each) === null)) {
    const bytes = await readForModel(tree, path, MAX_FILE_BYTES);
    if (bytes === null) continue;
    if (!isUtf8(bytes)) throw new ToolMisuse(`"${path}" is a binary file; it cannot be patched.`);
    const { mode } = await stat(join(tree, path));
    files.set(path, { text: bytes.toString(), mode: (mode & 0o100) === 0 ? '100644' : '100755' });
  }
  return files;
}

function forbiddenPaths({ path, renamedFrom }: FileChange): readonly string[] {
  return [path, ...(renamedFrom === undefined ? [] : [renamedFrom])].flatMap((each) => {
    const why = neverAllowed(each);
    return why === null ? [] : [`"${each}" must never be changed here: ${why}.`];
  });
}

/** Every path is judged before the first byte is written. Returns paths that the repository ignores. */
async function writeChanges(work: WorkTree, changes: readonly FileChange[]): Promise<readonly string[]> {
  const touched = changes.flatMap(({ path, renamedFrom }) =>
    renamedFrom === undefined ? [path] : [renamedFrom, path],
  );
  for (const path of touched) await assertWritable(work.path, path);
  if (changes.some(({ after }) => after?.mode === '120000'))
    throw new ToolMisuse('Links cannot be made here.');
  for (const { path, before, after, renamedFrom } of changes) {
    if (renamedFrom !== undefined) await replaceTreeFile(work.path, renamedFrom, null);
    await replaceTreeFile(work.path, path, after?.text ?? null);
    const isNew = before === null || renamedFrom !== undefined;
    if (after !== null && (isNew || after.mode !== before.mode))
      await chmod(join(work.path, path), after.mode === '100755' ? 0o755 : 0o644);
  }
  return work.track(changes.filter(({ after }) => after !== null).map(({ path }) => path));
}

function changeInWords({ path, before, after, renamedFrom }: FileChange): string {
  if (renamedFrom !== undefined) return `renamed ${renamedFrom} to ${path}`;
  if (after === null) return `deleted ${path}`;
  return before === null ? `created ${path}` : `changed ${path}`;
}

const ignoredInWords = (path: string): string =>
  `${path} is ignored by the repository’s .gitignore, so it is not part of the change`;
