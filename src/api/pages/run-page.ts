import { html } from 'hono/html';
import { placeOf } from '../../domain/run.ts';
import { diffSection } from './diff.ts';
import { NOTHING, runPath, type Html } from './format.ts';
import { layout } from './layout.ts';
import { visible } from './plain-text.ts';
import { planSection } from './plan/plan-section.ts';
import { proofSection } from './proof.ts';
import { runHeader } from './run-header.ts';
import { type RunView } from './run-view.ts';
import { spendingSection } from './spending.ts';
import { isActive } from './status.ts';
import { timelineSection } from './timeline.ts';

const REFRESH_SECONDS = 5;

/** The page of one run: what was asked, what happened, what came out and what it cost. */
export function runPage(view: RunView): Html {
  const { stored, result, calls, publicUrl } = view;
  const { run } = stored;
  const path = runPath(run.id);
  const happened = html`${timelineSection(view)} ${spendingSection(calls)}`;
  const cameOut = html`${proofSection(result?.proof ?? null)}
  ${diffSection(result?.diff ?? '', `${publicUrl ?? ''}${path}/patch`)}`;
  const plan = planSection(view);
  const body = html`${runHeader(view)}
    <nav>
      ${plan === NOTHING ? NOTHING : html`<a href="#plan">Plan</a>`}<a href="#proof">Proof</a
      ><a href="#diff">Diff</a><a href="#timeline">Timeline</a><a href="#spending">Spending</a
      ><a href="${path}/patch">Patch as text</a><a href="${path}/events">Events as JSON</a>
    </nav>
    ${plan} ${result === null ? [happened, cameOut] : [cameOut, happened]}
    <footer>Run ${visible(run.id)}. What a workspace reports is a claim of that workspace.</footer>`;
  return layout({
    title: `${visible(run.task.title)} · ${visible(placeOf(run))}`,
    body,
    refreshSeconds: isActive(stored) ? REFRESH_SECONDS : null,
  });
}
