import { html } from 'hono/html';
import { type RunnerEvent } from '../../protocol/runner-event.ts';
import { type StoredModelCall, type StoredRun } from '../../run/ports.ts';
import { commandOutput } from './command-output.ts';
import { clock, count, duration, NOTHING, usd, type Html } from './format.ts';
import { headAndTail, visible } from './plain-text.ts';

/** Entries shown; the events themselves hold the rest. */
const SHOWN = 1500;
/** Characters of one text within an entry. */
const TEXT_SHOWN = 20_000;

type Calls = ReadonlyMap<string, StoredModelCall>;

/** What the workspace said happened, in order, with the time since the start and how long the phases took. */
export function timelineSection(
  events: readonly RunnerEvent[],
  calls: readonly StoredModelCall[],
  stored: StoredRun,
): Html {
  return html`<section id="timeline">
    <h2>Timeline</h2>
    ${
      events.length === 0
        ? html`<p class="soft">The workspace has said nothing yet.</p>`
        : entries(events, new Map(calls.map((call) => [call.requestId, call])), stored)
    }
  </section>`;
}

function entries(events: readonly RunnerEvent[], calls: Calls, { startedAt, run }: StoredRun): Html {
  const times = [startedAt ?? run.createdAt, events[0]?.at ?? run.createdAt].map(Date.parse);
  // A workspace has a clock of its own, which may be behind ours.
  const startMs = Math.min(...times);
  const lasted = phaseDurations(events);
  const entry = (event: RunnerEvent) =>
    html`<li class="${event.type === 'phase' ? 'phase' : ''}">
      ${clock(event.at)}<span class="after">+${duration(Date.parse(event.at) - startMs)}</span>
      <div>${told(event, calls)} ${lasted.get(event.seq) ?? NOTHING}</div>
    </li>`;
  const rest =
    events.length > SHOWN
      ? html`<p class="soft">And ${count(events.length - SHOWN)} more: see the events as JSON.</p>`
      : NOTHING;
  return html`<ol class="timeline">
      ${events.slice(0, SHOWN).map(entry)}
    </ol>
    ${rest}`;
}

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
      return html`<span class="${event.ok ? 'ok' : 'bad'}">${event.ok ? '✓' : '✗'}</span>
        <strong>${visible(event.name)}</strong> ${text(event.summary)}`;
    case 'patch':
      return event.applied
        ? html`<span class="ok">Patch applied</span> ${text(event.detail)}`
        : html`<span class="bad">Patch refused</span> ${text(event.detail)}`;
    case 'attempt':
      return html`Attempt ${event.attempt}: ${event.verdict}`;
    case 'plan':
      return html`Plan of ${event.plan.subtasks.length} subtasks,
      ${event.source === 'given' ? 'given' : 'made by the planner'}`;
    case 'subtask.state':
      return html`Subtask ${event.subtask}: ${event.state} ${text(event.detail)}`;
    case 'note':
      return html`${text(event.text)}`;
    case 'runner.finished':
      return html`Finished`;
  }
}

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

function text(words: string): Html {
  if (!words.includes('\n') && words.length <= 300) return html`${visible(words)}`;
  const [first = ''] = words.split('\n', 1);
  return html`<details>
    <summary>${visible(first.slice(0, 200))} …</summary>
    <pre>${shortened(words)}</pre>
  </details>`;
}

const shortened = (words: string): string => headAndTail(visible(words), TEXT_SHOWN);
