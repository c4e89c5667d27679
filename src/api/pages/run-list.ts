import { html } from 'hono/html';
import { placeOf } from '../../domain/run.ts';
import { type StoredRun } from '../../run/ports.ts';
import { duration, moment, NOTHING, runPath, usd, type Html } from './format.ts';
import { layout } from './layout.ts';
import { visible } from './plain-text.ts';
import { isActive, ranMs, statusChip } from './status.ts';

export interface ListedRun {
  readonly stored: StoredRun;
  readonly costUsd: number;
}

const REFRESH_SECONDS = 10;

/** All runs we were given, in that order. */
export function runListPage(runs: readonly ListedRun[], now: Date): Html {
  const active = runs.some(({ stored }) => isActive(stored));
  const body = html`<h1>Runs</h1>
    <section>
      ${
        runs.length === 0
          ? html`<p>
              No run yet. Label an issue <code>ptc:build</code>, or comment <code>/ptc build</code>.
            </p>`
          : html`<ul class="runs">
              ${runs.map((run) => listed(run, now))}
            </ul>`
      }
    </section>`;
  return layout({ title: 'Runs · PTC Bot', body, refreshSeconds: active ? REFRESH_SECONDS : null });
}

function listed({ stored, costUsd }: ListedRun, now: Date): Html {
  const { run, outcome } = stored;
  const pullRequest = outcome?.publication?.pullRequestNumber;
  return html`<li>
    <div class="title"><a href="${runPath(run.id)}">${visible(run.task.title) || '(no title)'}</a></div>
    <div class="right">${statusChip(stored)}</div>
    <div class="soft">
      ${visible(placeOf(run))} ${pullRequest === undefined ? NOTHING : html` → pull request #${pullRequest}`}
      · ${visible(run.requester?.login ?? 'API')} · ${moment(run.createdAt)}
    </div>
    <div class="soft right">${duration(ranMs(stored, now))} · ${usd(costUsd)}</div>
  </li>`;
}
