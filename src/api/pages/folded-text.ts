import { html } from 'hono/html';
import { type Html } from './format.ts';
import { headAndTail, visible } from './plain-text.ts';

/** Characters of one text; the events themselves hold the rest. */
const SHOWN = 20_000;

/** A text that is short as it is, else its first line, to be opened. */
export function foldedText(words: string): Html {
  if (!words.includes('\n') && words.length <= 300) return html`${visible(words)}`;
  const [first = ''] = words.split('\n', 1);
  return html`<details>
    <summary>${visible(first.slice(0, 200))} …</summary>
    <pre>${shortened(words)}</pre>
  </details>`;
}

export const shortened = (words: string): string => headAndTail(visible(words), SHOWN);
