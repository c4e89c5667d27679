import { diffLines, type Change } from './diff-lines.ts';
import { cleanName } from './header-name.ts';
import { pairRenames } from './renames.ts';
import { splitFile, type SourceFile } from './source-file.ts';
import type { Tree, TreeFile } from './types.ts';

const CONTEXT = 3;

/**
 * The difference of two trees in git's format: right counts, modes, renames, new and deleted files, missing
 * final newlines. Files in the order of their paths. `git apply` and parse-diff read it back equal.
 */
export function renderDiff(before: Tree, after: Tree): string {
  const renames = pairRenames(before, after);
  const renamed = new Set(renames.values());
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  let text = '';
  for (const path of paths) {
    const from = renames.get(path);
    if (renamed.has(path)) continue;
    const old = before.get(from ?? path) ?? null;
    const now = after.get(path) ?? null;
    const isLinkSwitch = old !== null && now !== null && (old.mode === '120000') !== (now.mode === '120000');
    if (isLinkSwitch) text += renderFile(path, path, old, null) + renderFile(path, path, null, now);
    else text += renderFile(from ?? path, path, old, now);
  }
  return text;
}

function renderFile(oldPath: string, path: string, before: TreeFile | null, after: TreeFile | null): string {
  const sameText = before?.text === after?.text;
  if (sameText && before?.mode === after?.mode && oldPath === path) return '';
  const [a, b] = [quotePath(`a/${oldPath}`), quotePath(`b/${path}`)];
  const lines = [
    `diff --git ${a} ${b}`,
    ...modeLines(before, after),
    ...renameLines(oldPath, path, sameText),
  ];
  const hunks = renderHunks(splitFile(before?.text ?? ''), splitFile(after?.text ?? ''));
  if (hunks !== '') lines.push(`--- ${spaced(before && a)}`, `+++ ${spaced(after && b)}`);
  return `${lines.join('\n')}\n${hunks}`;
}

function renameLines(oldPath: string, path: string, sameText: boolean): readonly string[] {
  if (oldPath === path) return [];
  const similarity = `similarity index ${sameText ? 100 : 50}%`;
  return [similarity, `rename from ${quotePath(oldPath)}`, `rename to ${quotePath(path)}`];
}

function modeLines(before: TreeFile | null, after: TreeFile | null): readonly string[] {
  if (before === null) return [`new file mode ${after?.mode ?? '100644'}`];
  if (after === null) return [`deleted file mode ${before.mode}`];
  return before.mode === after.mode ? [] : [`old mode ${before.mode}`, `new mode ${after.mode}`];
}

/** A name in a file header; git ends one that has a space with a tab, so that readers know where it ends. */
function spaced(name: string | null): string {
  if (name === null) return '/dev/null';
  return name.includes(' ') && !name.startsWith('"') ? `${name}\t` : name;
}

/** Git's quoting, also for a name from which readers would take off spaces, a date or marks. */
function quotePath(path: string): string {
  // oxlint-disable-next-line no-control-regex
  if (!/[\u0000-\u001f\u007f"\\]/.test(path) && cleanName(path) === path) return path;
  // oxlint-disable-next-line no-control-regex
  const escaped = path.replace(/[\u0000-\u001f\u007f"\\]/g, (character) =>
    character === '"' || character === '\\'
      ? `\\${character}`
      : `\\${(character.codePointAt(0) ?? 0).toString(8).padStart(3, '0')}`,
  );
  return `"${escaped}"`;
}

function renderHunks(before: SourceFile, after: SourceFile): string {
  const changes = diffLines(marked(before), marked(after));
  let text = '';
  for (let at = 0; at < changes.length;) {
    const group: Change[] = [];
    for (; at < changes.length; at += 1) {
      const change = changes[at];
      const last = group.at(-1);
      if (change === undefined || (last !== undefined && change.oldFrom - last.oldTo > 2 * CONTEXT)) break;
      group.push(change);
    }
    text += renderHunk(before, after, group);
  }
  return text;
}

/** Lines in which a last one without newline differs from the same with one. */
function marked({ lines, finalNewline }: SourceFile): readonly string[] {
  if (finalNewline || lines.length === 0) return lines;
  return [...lines.slice(0, -1), `${lines.at(-1) ?? ''}\n`];
}

function renderHunk(before: SourceFile, after: SourceFile, group: readonly Change[]): string {
  const [first, last] = [group[0], group.at(-1)];
  if (first === undefined || last === undefined) return '';
  const lead = Math.min(CONTEXT, first.oldFrom);
  const trail = Math.min(CONTEXT, before.lines.length - last.oldTo);
  const oldFrom = first.oldFrom - lead;
  const newFrom = first.newFrom - lead;
  const body: string[] = [];
  let row = oldFrom;
  const context = (to: number): void => {
    for (; row < to; row += 1) body.push(line(' ', before, row));
  };
  for (const change of group) {
    context(change.oldFrom);
    for (; row < change.oldTo; row += 1) body.push(line('-', before, row));
    for (let added = change.newFrom; added < change.newTo; added += 1) body.push(line('+', after, added));
  }
  context(last.oldTo + trail);
  const header = `@@ -${range(oldFrom, last.oldTo + trail)} +${range(newFrom, last.newTo + trail)} @@\n`;
  return header + body.join('');
}

function line(prefix: string, file: SourceFile, row: number): string {
  const marker =
    !file.finalNewline && row === file.lines.length - 1 ? '\n\\ No newline at end of file\n' : '\n';
  return prefix + (file.lines[row] ?? '') + marker;
}

/** Git's notation: a count of 1 is left out, an empty range names the line before it. */
function range(from: number, to: number): string {
  const count = to - from;
  if (count === 1) return String(from + 1);
  return count === 0 ? `${from},0` : `${from + 1},${count}`;
}
