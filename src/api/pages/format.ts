import { html } from 'hono/html';
import { visible } from './plain-text.ts';

export type Html = ReturnType<typeof html>;

/** Nothing, where a piece of a page has nothing to show. */
export const NOTHING = '' as const;

export const usd = (amount: number): string =>
  amount === 0 ? '$0' : amount < 0.01 ? `$${amount.toFixed(4)}` : `$${amount.toFixed(2)}`;

export const count = (amount: number): string => amount.toLocaleString('en-US');

/** `0.4 s`, `12 s`, `3 min 05 s`, `1 h 02 min`. */
export function duration(ms: number): string {
  if (ms < 10_000) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const two = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${two(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** A moment in UTC; the machine-readable form stands beside it. */
export const moment = (iso: string): Html =>
  html`<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')} UTC</time>`;

export const clock = (iso: string): Html => html`<time datetime="${iso}">${iso.slice(11, 19)}</time>`;

export const counted = (amount: number, one: string, many = `${one}s`): string =>
  `${count(amount)} ${amount === 1 ? one : many}`;

/** A link where the address is one a browser may be sent to, the bare text otherwise. */
export function link(url: string, text: string): Html {
  const shown = visible(text);
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) return html`${shown}`;
  return html`<a href="${url}" rel="noopener noreferrer nofollow">${shown}</a>`;
}

export const runPath = (runId: string): string => `/runs/${encodeURIComponent(runId)}`;

/** Where the timeline has a subtask's entries and no others. */
export const entriesPath = (runId: string, subtask: number): string =>
  `${runPath(runId)}?subtask=${subtask}#timeline`;

export const subtaskPatchPath = (runId: string, subtask: number): string =>
  `${runPath(runId)}/subtasks/${subtask}/patch`;
