import { html } from 'hono/html';
import parseDiff from 'parse-diff';
import { count, counted, NOTHING, type Html } from './format.ts';
import { headAndTail, visible } from './plain-text.ts';

/** A diff of more characters is shown as its beginning and end: browsers are slow with large tables. */
const SHOWN = 400_000;
const LONG_NAME = /^(diff|---|\+\+\+)\s.{4000}/m;
/** More files than this come closed. */
const OPEN_FILES = 10;

/** The change, file by file. `patchUrl` serves it as text. */
export function diffSection(diff: string, patchUrl: string): Html {
  return html`<section id="diff">
    <h2>Diff</h2>
    ${diff === '' ? html`<p class="soft">There is none (yet).</p>` : diffBody(diff, { patchUrl, limit: SHOWN })}
  </section>`;
}

/**
 * A diff file by file, or as text where it has more characters than `limit` or cannot be read whole.
 * @param patchUrl serves it as text
 */
export function diffBody(
  diff: string,
  { patchUrl, limit }: { readonly patchUrl: string; readonly limit: number },
): Html {
  const files = diff.length > limit ? null : wholeDiff(diff);
  if (files === null) {
    return html`<p class="soft">Shown as text; all of it is <a href="${patchUrl}">the patch</a>.</p>
      <pre>${headAndTail(visible(diff), limit)}</pre>`;
  }
  const sum = (of: (file: parseDiff.File) => number) => files.reduce((total, file) => total + of(file), 0);
  return html`<p class="soft">
      ${counted(files.length, 'file')}, <span class="ok">+${count(sum((file) => file.additions))}</span>
      <span class="bad">−${count(sum((file) => file.deletions))}</span> ·
      <code>curl -s ${patchUrl} | git apply</code>
    </p>
    ${files.map((file) => fileDiff(file, files.length <= OPEN_FILES))}`;
}

/**
 * The files of the diff, or null when the parser did not keep every line of it: it drops lines in silence where
 * the counts of a hunk are wrong, and a change that is there but not shown is the worst a page can do.
 */
function wholeDiff(diff: string): readonly parseDiff.File[] | null {
  // The parser's patterns for names take quadratic time, and the text is chosen by strangers.
  if (LONG_NAME.test(diff)) return null;
  const files = parseDiff(diff);
  const changes = files.reduce((total, file) => total + file.additions + file.deletions, 0);
  const headers = files.filter((file) => file.chunks.length > 0).length * 2;
  const lines = diff.match(/^[+-]/gm)?.length ?? 0;
  return files.length > 0 && lines === changes + headers ? files : null;
}

function fileDiff(file: parseDiff.File, open: boolean): Html {
  const [name, what] = nameOf(file);
  return html`<details class="file" ${open ? 'open' : ''}>
    <summary>
      ${visible(name)} <span class="soft">${what}</span> <span class="ok">+${file.additions}</span>
      <span class="bad">−${file.deletions}</span>
    </summary>
    <div class="diff">
      <table>
        ${file.chunks.map(chunk)}
      </table>
    </div>
    ${file.chunks.length === 0 ? html`<p class="soft">No lines to show.</p>` : NOTHING}
  </details>`;
}

function nameOf({
  from,
  to,
  new: added,
  deleted,
  oldMode,
  newMode,
}: parseDiff.File): readonly [string, string] {
  const old = from ?? '';
  const now = to ?? '';
  if (deleted === true) return [old, 'deleted'];
  if (added === true) return [now, 'new'];
  const mode = oldMode !== undefined && newMode !== undefined && oldMode !== newMode ? `mode ${newMode}` : '';
  return [old === now ? now : `${old} → ${now}`, mode];
}

function chunk({ content, changes }: parseDiff.Chunk): Html {
  return html`<tr class="hunk">
      <td colspan="3">${visible(content)}</td>
    </tr>
    ${changes.map(change)}`;
}

function change(change: parseDiff.Change): Html {
  const [before, after] =
    change.type === 'normal'
      ? [change.ln1, change.ln2]
      : change.type === 'del'
        ? [change.ln, '']
        : ['', change.ln];
  const tone = change.type === 'normal' ? '' : change.type;
  return html`<tr class="${tone}">
    <td class="ln">${before}</td>
    <td class="ln">${after}</td>
    <td>${visible(change.content)}</td>
  </tr>`;
}
