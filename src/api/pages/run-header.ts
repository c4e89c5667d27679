import { html } from 'hono/html';
import { PHASES, placeOf, type Outcome, type Phase } from '../../domain/run.ts';
import { type Problem } from '../../domain/errors.ts';
import { counted, duration, link, moment, NOTHING, usd, type Html } from './format.ts';
import { visible } from './plain-text.ts';
import { type RunView } from './run-view.ts';
import { isActive, ranMs, statusChip } from './status.ts';

/** What was asked by whom, how it stands and what came of it. */
export function runHeader(view: RunView): Html {
  const { stored, result } = view;
  const { run, outcome } = stored;
  return html`<h1>${visible(run.task.title) || '(no title)'}</h1>
    <div class="card">
      ${statusChip(stored)}
      ${run.subject === null ? visible(placeOf(run)) : link(run.subject.url, placeOf(run))}
      ${pullRequest(outcome)} ${facts(view)} ${isActive(stored) ? phases(stored.phase) : NOTHING}
    </div>
    ${outcome?.problem ? problem(outcome.problem) : NOTHING} ${warned(stored.warnings)}
    ${asked(run.task.body, run.task.words)} ${result?.summary ? summary(result.summary) : NOTHING}`;
}

function pullRequest(outcome: Outcome | null): Html | typeof NOTHING {
  const publication = outcome?.publication;
  if (!publication) return NOTHING;
  const name = `${publication.draft ? 'draft ' : ''}pull request #${publication.pullRequestNumber}`;
  return html`→ ${link(publication.pullRequestUrl, name)}`;
}

function facts({ stored, calls, now }: RunView): Html {
  const { run } = stored;
  const models = [...new Set(calls.map(({ reply }) => `${reply.provider}:${reply.model}`))];
  const costUsd = calls.reduce((sum, call) => sum + call.costUsd, 0);
  const entries: readonly (readonly [string, unknown])[] = [
    ['Requested by', visible(run.requester?.login ?? 'somebody through the API')],
    ['Started', moment(stored.startedAt ?? run.createdAt)],
    [isActive(stored) ? 'Running for' : 'Took', duration(ranMs(stored, now))],
    ['Cost', `${usd(costUsd)} in ${counted(calls.length, 'model call')}`],
    ['Model', models.length === 0 ? '–' : visible(models.join(', '))],
    ...(run.repository === null
      ? []
      : [['Branch', visible(stored.outcome?.publication?.branch ?? run.target.headBranch)] as const]),
    ...(stored.cancelRequestedBy === null
      ? []
      : [['Cancelled by', visible(stored.cancelRequestedBy)] as const]),
  ];
  return html`<dl class="facts">
    ${entries.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

function phases(current: Phase): Html {
  const reached = PHASES.indexOf(current);
  const tone = (index: number) => (index < reached ? 'done' : index === reached ? 'now' : '');
  return html`<ol class="phases">
    ${PHASES.map((phase, index) => html`<li class="${tone(index)}">${phase}</li>`)}
  </ol>`;
}

function problem({ code, message, remedy, retryable }: Problem): Html {
  return html`<div class="card problem">
    <p><strong>${visible(message)}</strong></p>
    <p>${visible(remedy)}</p>
    <p class="soft"><code>${visible(code)}</code>${retryable ? ' · trying again can help' : ''}</p>
  </div>`;
}

function warned(warnings: readonly string[]): Html | typeof NOTHING {
  if (warnings.length === 0) return NOTHING;
  return html`<div class="card">${warnings.map((words) => html`<p>⚠️ ${visible(words)}</p>`)}</div>`;
}

function asked(body: string, words: string): Html | typeof NOTHING {
  const text = [words, body].filter((part) => part.trim() !== '').join('\n\n');
  if (text === '') return NOTHING;
  return html`<details class="card">
    <summary>What was asked</summary>
    <pre>${visible(text)}</pre>
  </details>`;
}

function summary({ title, body }: { readonly title: string; readonly body: string }): Html {
  return html`<section>
    <h2>${visible(title)}</h2>
    <div class="soft">In the model’s words</div>
    <pre>${visible(body)}</pre>
  </section>`;
}
