import { html } from 'hono/html';
import { type StoredRun } from '../../run/ports.ts';
import { type Html } from './format.ts';

const TONES = { succeeded: 'ok', unproven: 'warn', failed: 'bad', cancelled: '' } as const;
const WORDS = {
  succeeded: 'proven',
  unproven: 'not proven',
  failed: 'failed',
  cancelled: 'cancelled',
} as const;

export const isActive = (stored: StoredRun): boolean => stored.finishedAt === null;

/** How the run stands, in a word. */
export function statusChip(stored: StoredRun): Html {
  if (stored.outcome !== null) {
    return html`<span class="chip ${TONES[stored.outcome.status]}">${WORDS[stored.outcome.status]}</span>`;
  }
  const word = stored.cancelRequestedBy === null ? stored.phase : 'being cancelled';
  return html`<span class="chip live">${word}</span>`;
}

/** Time from the start of the run to its end, or until now. */
export function ranMs(stored: StoredRun, now: Date): number {
  const started = Date.parse(stored.startedAt ?? stored.run.createdAt);
  const ended = stored.finishedAt === null ? now.getTime() : Date.parse(stored.finishedAt);
  return ended - started;
}
