import { html } from 'hono/html';
import { MAX_SUBTASKS } from '../../../domain/plan.ts';
import { type RunnerResult, type SubtaskResult } from '../../../protocol/runner-result.ts';
import { diffBody } from '../diff.ts';
import { foldedText, shortened } from '../folded-text.ts';
import { clock, counted, duration, entriesPath, NOTHING, subtaskPatchPath, type Html } from '../format.ts';
import { visible } from '../plain-text.ts';
import { type RunView } from '../run-view.ts';
import { isActive } from '../status.ts';
import { scheduleChart } from './chart.ts';
import { heldFromMs, markOfStretch, workedMs } from './drawn-row.ts';
import { goalLine } from './goal-line.ts';
import { legend, type Mark, MARK_OF } from './marks.ts';
import { readSchedule, type Schedule, type ScheduleRow } from './read-schedule.ts';

/** Characters of all failed subtasks' diffs together. */
const DIFFS_SHOWN = 400_000;

/** The plan: when each subtask was at work, what became of it, and what a review of the whole says. */
export function planSection({ stored, events, result, publicUrl, now }: RunView): Html | typeof NOTHING {
  const schedule = readSchedule(events, isActive(stored) ? now : null);
  if (schedule === null) return NOTHING;
  const { id } = stored.run;
  const done = schedule.rows.filter(({ standing }) => standing === 'done').length;
  return html`<section id="plan">
    <h2>Plan</h2>
    <p class="soft">${done} of ${counted(schedule.rows.length, 'subtask')} done.</p>
    ${scheduleChart(schedule, (index) => entriesPath(id, index))} ${legend(marksOf(schedule))}
    ${table(schedule, id)} ${review(result?.verification ?? null)}
    ${leftBehind(result?.subtasks ?? [], (index) => `${publicUrl ?? ''}${subtaskPatchPath(id, index)}`)}
  </section>`;
}

function marksOf({ rows }: Schedule): ReadonlySet<Mark> {
  const marks = rows.flatMap((row) => [
    MARK_OF[row.standing],
    ...row.stretches.map((stretch) => markOfStretch(row, stretch)),
    ...(row.stretches.some(({ redo }) => redo) ? (['redo'] as const) : []),
    ...(heldFromMs(row) === null ? [] : (['held'] as const)),
  ]);
  return new Set(marks);
}

function table(schedule: Schedule, runId: string): Html {
  const { rows } = schedule;
  return html`<details>
    <summary>The same as a table</summary>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th class="num">no.</th>
            <th>goal</th>
            <th class="num">layer</th>
            <th>waits for</th>
            <th>begun</th>
            <th class="num">at work</th>
            <th>ended</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map((row) => tableRow(row, schedule, runId))}
        </tbody>
      </table>
    </div>
  </details>`;
}

function tableRow(row: ScheduleRow, { endMs }: Schedule, runId: string): Html {
  const { index, subtask, layer, after, stretches, standing, endedMs, detail } = row;
  return html`<tr>
    <td class="num"><a href="${entriesPath(runId, index)}">${index}</a></td>
    <td>
      ${foldedText(subtask.goal)}
      <div class="soft">${visible(subtask.task_type)}</div>
    </td>
    <td class="num">${layer + 1}</td>
    <td>${after.length === 0 ? '–' : after.join(', ')}</td>
    <td>
      ${stretches.map(({ fromMs, redo }) => html`<div>${moment(fromMs)}${redo ? ' again' : NOTHING}</div>`)}
    </td>
    <td class="num">${stretches.length === 0 ? '–' : duration(workedMs(row, endMs))}</td>
    <td>
      <span class="${TONES[standing]}">${standing}</span> ${endedMs === null ? NOTHING : moment(endedMs)}
      <div class="soft">${foldedText(detail)}</div>
    </td>
  </tr>`;
}

const moment = (ms: number): Html => clock(new Date(ms).toISOString());

const TONES = {
  waiting: 'soft',
  'at work': 'live',
  'worked out': 'live',
  done: 'ok',
  failed: 'bad',
  skipped: 'warn',
  stopped: 'warn',
} as const satisfies Record<ScheduleRow['standing'], string>;

function review(verification: RunnerResult['verification']): Html | typeof NOTHING {
  if (verification === null) return NOTHING;
  const { verdict, feedback } = verification;
  return html`<h3>Review of the whole</h3>
    <p>
      <span class="chip verdict ${verdict ? 'ok' : 'warn'}">
        ${verdict ? 'It does the task' : 'It does not do the task yet'}, says a model that saw the whole
      </span>
    </p>
    ${feedback === '' ? NOTHING : html`<pre>${shortened(feedback)}</pre>`}`;
}

/** What failed subtasks had changed, which is no part of the change. */
function leftBehind(
  subtasks: readonly SubtaskResult[],
  patchUrl: (index: number) => string,
): Html | typeof NOTHING {
  const failed = subtasks.slice(0, MAX_SUBTASKS).filter(({ diff }) => diff !== '');
  if (failed.length === 0) return NOTHING;
  const limit = Math.floor(DIFFS_SHOWN / failed.length);
  return html`<h3>What failed subtasks had changed</h3>
    <p class="soft">None of this is part of the change.</p>
    ${failed.map(
      ({ index, output, diff }) =>
        html`<details>
          <summary><strong>Subtask ${index}</strong>: ${goalLine(output)}</summary>
          ${diffBody(diff, { patchUrl: patchUrl(index), limit })}
        </details>`,
    )}`;
}
