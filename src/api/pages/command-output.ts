import { html } from 'hono/html';
import { type CommandEnd } from '../../protocol/proof.ts';
import { count, duration, NOTHING, type Html } from './format.ts';
import { headAndTail, terminalText, visible } from './plain-text.ts';

/** Characters of one command's output that a page shows; the events hold all that was kept. */
const SHOWN = 60_000;

/** `exit 1, 0.4 s`, or what stopped the command. */
function ending(end: CommandEnd): Html {
  const stopped = end.limit !== null;
  const tone = end.exitCode === 0 && !stopped ? 'ok' : 'bad';
  const how = stopped ? `ended by the ${end.limit} limit` : `exit ${end.exitCode ?? 'unknown'}`;
  return html`<span class="${tone}">${how}</span>, ${duration(end.durationMs)}`;
}

/** A command with its end, and what it printed to be opened. */
export function commandOutput(command: string, end: CommandEnd): Html {
  const head = html`<code>${visible(command)}</code> ${ending(end)}`;
  if (end.output === '') return head;
  const kept = Buffer.byteLength(end.output);
  const cut =
    end.outputBytes > kept
      ? html`<div class="soft">
          It printed ${count(end.outputBytes)} bytes, of which ${count(kept)} were kept.
        </div>`
      : NOTHING;
  return html`<details>
    <summary>${head}</summary>
    ${cut}
    <pre>${headAndTail(terminalText(end.output), SHOWN)}</pre>
  </details>`;
}
