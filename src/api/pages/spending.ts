import { html } from 'hono/html';
import { type StoredModelCall } from '../../run/ports.ts';
import { count, counted, duration, NOTHING, usd, type Html } from './format.ts';
import { visible } from './plain-text.ts';

/** What each model call has used and cost, each model's part when there are several, and all together. */
export function spendingSection(calls: readonly StoredModelCall[]): Html {
  if (calls.length === 0) {
    return html`<section id="spending">
      <h2>Spending</h2>
      <p class="soft">No model was asked (yet).</p>
    </section>`;
  }
  const byModel = Map.groupBy(calls, modelOf);
  return html`<section id="spending">
    <h2>Spending</h2>
    ${moves(calls)}
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th>request</th>
            <th>model</th>
            <th class="num">new tokens in</th>
            <th class="num">from cache</th>
            <th class="num">to cache</th>
            <th class="num">tokens out</th>
            <th class="num">time</th>
            <th class="num">cost</th>
          </tr>
        </thead>
        <tbody>
          ${calls.map((call) => row(html`${visible(call.requestId)}`, modelCell(call), [call]))}
          ${
            byModel.size < 2
              ? NOTHING
              : [...byModel].map(([model, own]) =>
                  row(html`${counted(own.length, 'request')}`, html`${visible(model)}`, own),
                )
          }
          ${row(html`<strong>all</strong>`, NOTHING, calls)}
        </tbody>
      </table>
    </div>
  </section>`;
}

const modelOf = ({ reply }: StoredModelCall): string => `${reply.provider}:${reply.model}`;

function moves(calls: readonly StoredModelCall[]): Html | typeof NOTHING {
  const fallOvers = calls.filter(({ passedOver }) => passedOver.length > 0).length;
  const escalations = calls.filter(({ escalated }) => escalated).length;
  if (fallOvers + escalations === 0) return NOTHING;
  return html`<p class="soft">
    ${counted(fallOvers, 'fall-over')} because a model did not answer, ${counted(escalations, 'escalation')}
    because checks had failed.
  </p>`;
}

/** The model, and how it came to be asked. */
function modelCell(call: StoredModelCall): Html {
  const why = [
    ...(call.escalated ? ['escalated: checks had failed'] : []),
    ...call.passedOver.map(({ model, code }) => `after ${model} (${code})`),
    ...(call.reply.stopReason === 'refusal' ? ['refused'] : []),
  ];
  return html`${visible(modelOf(call))}
  ${why.map((reason) => html`<div class="soft">${visible(reason)}</div>`)}`;
}

function row(name: Html, model: Html | typeof NOTHING, calls: readonly StoredModelCall[]): Html {
  const sum = (of: (call: StoredModelCall) => number) => calls.reduce((total, call) => total + of(call), 0);
  return html`<tr>
    <td>${name}</td>
    <td>${model}</td>
    <td class="num">${count(sum(({ reply }) => reply.usage.inputTokens))}</td>
    <td class="num">${count(sum(({ reply }) => reply.usage.cacheReadTokens))}</td>
    <td class="num">${count(sum(({ reply }) => reply.usage.cacheWriteTokens))}</td>
    <td class="num">${count(sum(({ reply }) => reply.usage.outputTokens))}</td>
    <td class="num">${duration(sum(({ durationMs }) => durationMs))}</td>
    <td class="num">${usd(sum(({ costUsd }) => costUsd))}</td>
  </tr>`;
}
