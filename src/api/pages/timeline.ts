import { html } from 'hono/html';
import { type RunnerEvent } from '../../protocol/runner-event.ts';
import { type StoredModelCall } from '../../run/ports.ts';
import { commandOutput } from './command-output.ts';
import { foldedText, shortened } from './folded-text.ts';
import { clock, count, counted, duration, entriesPath, NOTHING, runPath, usd, type Html } from './format.ts';
import { goalLine } from './plan/goal-line.ts';
import { planOf } from './plan/read-schedule.ts';
import { visible } from './plain-text.ts';
import { type RunView } from './run-view.ts';

/** Entries shown; the events themselves hold the rest. */
const SHOWN = 1500;

type Calls = ReadonlyMap<string, StoredModelCall>;

/** What the workspace said happened, in order, with the time since the start and how long the phases took. */
export function timelineSection(view: RunView): Html {
  const { events, stored, subtask } = view;
  return html`<section id="timeline">
    <h2>Timeline</h2>
    ${choice(events, stored.run.id, subtask)}
    ${events.length === 0 ? html`<p class="soft">The workspace has said nothing yet.</p>` : entries(view)}
  </section>`;
}

/** Of a plan: all entries, or those of one subtask. */
function choice(events: readonly RunnerEvent[], runId: string, chosen: number | null): Html | typeof NOTHING {
  const subtasks = planOf(events)?.subtasks ?? [];
  if (subtasks.length === 0) return NOTHING;
  const all = html`<a href="${runPath(runId)}#timeline">all</a>`;
  const goal = chosen === null ? undefined : subtasks[chosen]?.goal;
  return html`<nav>
      Entries of ${chosen === null ? html`<strong>all</strong>` : all}
      ${subtasks.map((_, index) =>
        index === chosen
          ? html`<strong>${index}</strong>`
          : html`<a href="${entriesPath(runId, index)}">${index}</a>`,
      )}
    </nav>
    ${goal === undefined ? NOTHING : html`<p>Subtask ${chosen}: ${goalLine(goal)}</p>`}`;
}

function entries({ events, calls: paid, stored, subtask }: RunView): Html {
  const { startedAt, run } = stored;
  const calls: Calls = new Map(paid.map((call) => [call.requestId, call]));
  const chosen = subtask === null ? events : events.filter((event) => event.subtask === subtask);
  const times = [startedAt ?? run.createdAt, events[0]?.at ?? run.createdAt].map(Date.parse);
  // A workspace has a clock of its own, which may be behind ours.
  const startMs = Math.min(...times);
  const lasted = phaseDurations(events);
  const entry = (event: RunnerEvent) =>
    html`<li class="${event.type === 'phase' ? 'phase' : ''}">
      ${clock(event.at)}<span class="after">+${duration(Date.parse(event.at) - startMs)}</span>
      <div>
        ${subtask === null ? ofSubtask(event, run.id) : NOTHING} ${told(event, calls)}
        ${lasted.get(event.seq) ?? NOTHING}
      </div>
    </li>`;
  const rest =
    chosen.length > SHOWN
      ? html`<p class="soft">And ${count(chosen.length - SHOWN)} more: see the events as JSON.</p>`
      : NOTHING;
  return html`<ol class="timeline">
      ${chosen.slice(0, SHOWN).map(entry)}
    </ol>
    ${rest}`;
}

const ofSubtask = ({ subtask }: RunnerEvent, runId: string): Html | typeof NOTHING =>
  subtask === undefined
    ? NOTHING
    : html`<a class="chip" href="${entriesPath(runId, subtask)}">subtask ${subtask}</a>`;

/** How long each phase took, by the number of its event; the last one goes on until the runner finished. */
function phaseDurations(events: readonly RunnerEvent[]): ReadonlyMap<number, Html> {
  const marks = events.filter(({ type }) => type === 'phase' || type === 'runner.finished');
  return new Map(
    marks.slice(0, -1).map((mark, index) => {
      const lastedMs = Date.parse(marks[index + 1]?.at ?? mark.at) - Date.parse(mark.at);
      return [mark.seq, html`<span class="soft">${duration(lastedMs)}</span>`];
    }),
  );
}

function told(event: RunnerEvent, calls: Calls): Html {
  switch (event.type) {
    case 'runner.started':
      return html`Workspace ready, isolation of commands: ${event.isolation}`;
    case 'phase':
      return html`${event.phase}`;
    case 'checks.found':
      return checksFound(event);
    case 'command':
      return html`${commandOutput(event.command, event.end)}
        <div class="soft">${event.purpose}, on the ${event.tree} tree</div>`;
    case 'model.request':
      return modelRequest(event.requestId, calls.get(event.requestId));
    case 'tool':
      return toolUsed(event);
    case 'patch':
      return patched(event);
    case 'validation':
      return html`${event.stage} stage ${event.state} ${foldedText(event.detail)}`;
    case 'attempt':
      return html`Attempt ${event.attempt}: ${event.verdict}`;
    case 'plan':
      return planned(event);
    case 'subtask.worked':
      return html`<strong>worked out</strong>`;
    case 'subtask.state':
      return html`<strong class="${STATE_TONES[event.state]}">${event.state}</strong>
        ${foldedText(event.detail)}`;
    case 'note':
      return html`${foldedText(event.text)}`;
    case 'runner.finished':
      return html`Finished`;
  }
}

const planned = ({ plan, source }: Extract<RunnerEvent, { type: 'plan' }>): Html =>
  html`Plan of ${counted(plan.subtasks.length, 'subtask')},
  ${source === 'given' ? 'given' : 'made by the planner'}`;

const toolUsed = ({ ok, name, summary }: Extract<RunnerEvent, { type: 'tool' }>): Html =>
  html`<span class="${ok ? 'ok' : 'bad'}">${ok ? '✓' : '✗'}</span>
    <strong>${visible(name)}</strong> ${foldedText(summary)}`;

const patched = ({ applied, detail }: Extract<RunnerEvent, { type: 'patch' }>): Html =>
  applied
    ? html`<span class="ok">Patch applied</span> ${foldedText(detail)}`
    : html`<span class="bad">Patch refused</span> ${foldedText(detail)}`;

const STATE_TONES = { started: '', redo: 'warn', done: 'ok', failed: 'bad', skipped: 'warn' } as const;

function checksFound({ setup, checks }: Extract<RunnerEvent, { type: 'checks.found' }>): Html {
  const commands = [...setup.map((command) => ['setup', command]), ...checks.map((c) => [c.kind, c.command])];
  if (commands.length === 0) return html`No checks found`;
  return html`Checks found
    <ul>
      ${commands.map(([kind, command]) => html`<li>${kind}: <code>${visible(command ?? '')}</code></li>`)}
    </ul>`;
}

function modelRequest(requestId: string, call: StoredModelCall | undefined): Html {
  const asked = html`Asked the model <span class="soft">(${visible(requestId)})</span>`;
  if (call === undefined) return html`${asked}, no answer yet`;
  const { reply, costUsd, durationMs } = call;
  const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = reply.usage;
  const input = inputTokens + cacheReadTokens + cacheWriteTokens;
  return html`<details>
    <summary>
      ${asked}: ${count(input)} tokens in, ${count(outputTokens)} out, ${usd(costUsd)},
      ${duration(durationMs)}
    </summary>
    ${reply.message.content.map(answerBlock)}
  </details>`;
}

type AnswerBlock = StoredModelCall['reply']['message']['content'][number];

function answerBlock(block: AnswerBlock): Html | typeof NOTHING {
  if (block.type === 'text') return html`<pre>${shortened(block.text)}</pre>`;
  if (block.type === 'tool_use') {
    return html`<div class="soft">calls <strong>${visible(block.name)}</strong></div>
      <pre>${shortened(inputText(block.input))}</pre>`;
  }
  return NOTHING;
}

/** Tool input as people read it: its texts with their line breaks. */
function inputText(input: unknown): string {
  if (typeof input !== 'object' || input === null) return JSON.stringify(input) ?? '';
  return Object.entries(input)
    .map(([name, value]) => {
      const words = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
      return words.includes('\n') ? `${name}:\n${words}` : `${name}: ${words}`;
    })
    .join('\n');
}
