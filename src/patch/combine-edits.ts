import type { FileEdit, Hunk, ParsedAnswer } from './types.ts';

/**
 * The patch that holds the hunks which had found their place and what the model sent afterwards. A hunk or file
 * that was sent again and says the same counts once, so a whole diff may be sent again without harm. The
 * hunks that had been refused are not in `held`, so they are simply replaced.
 */
export function combineEdits(held: readonly FileEdit[], added: ParsedAnswer): ParsedAnswer {
  if (held.length === 0) return added;
  const known = new Set(held.flatMap((edit) => edit.hunks.map((hunk) => hunkKey(edit, hunk))));
  const whole = new Set(held.filter((edit) => edit.hunks.length === 0).map(editKey));
  const fresh = added.edits.flatMap((edit) => {
    if (edit.hunks.length === 0) return whole.has(editKey(edit)) ? [] : [edit];
    const hunks = edit.hunks.filter((hunk) => !known.has(hunkKey(edit, hunk)));
    return hunks.length === 0 ? [] : [{ ...edit, hunks }];
  });
  const edits = [...held, ...fresh];
  const paths = new Set(edits.flatMap((edit) => [...edit.oldNames, ...edit.newNames]));
  return { edits, refusals: added.refusals, counted: null, paths: [...paths] };
}

function editKey(edit: FileEdit): string {
  return JSON.stringify([edit.action, edit.oldNames[0], edit.newNames[0], edit.mode]);
}

/** Two hunks of a file are the same when they say the same lines; twins told apart by their claimed line are not. */
function hunkKey(edit: FileEdit, hunk: Hunk): string {
  const path = edit.newNames[0] ?? edit.oldNames[0];
  return JSON.stringify([path, hunk.oldStart, hunk.lines.map(({ kind, text }) => [kind, text])]);
}
