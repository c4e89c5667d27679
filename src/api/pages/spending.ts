import { html } from 'hono/html';
import { type StoredModelCall } from '../../run/ports.ts';
import { count, duration, usd, type Html } from './format.ts';
import { visible } from './plain-text.ts';

/** What each model call has used and cost. */
export function spendingSection(calls: readonly StoredModelCall[]): Html {
  if (calls.length === 0) {
    return html`<section id="spending">
      <h2>Spending</h2>
      <p class="soft">No model was asked (yet).</p>
    </section>`;
  }
  const sum = (of: (call: StoredModelCall) => number) => calls.reduce((total, call) => total + of(call), 0);
  return html`<section id="spending">
    <h2>Spending</h2>
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
          ${calls.map(row)}
          <tr>
            <td><strong>all</strong></td>
            <td></td>
            <td class="num">${count(sum(({ reply }) => reply.usage.inputTokens))}</td>
            <td class="num">${count(sum(({ reply }) => reply.usage.cacheReadTokens))}</td>
            <td class="num">${count(sum(({ reply }) => reply.usage.cacheWriteTokens))}</td>
            <td class="num">${count(sum(({ reply }) => reply.usage.outputTokens))}</td>
            <td class="num">${duration(sum(({ durationMs }) => durationMs))}</td>
            <td class="num"><strong>${usd(sum(({ costUsd }) => costUsd))}</strong></td>
          </tr>
        </tbody>
      </table>
    </div>
  </section>`;
}

function row({ requestId, reply, costUsd, durationMs }: StoredModelCall): Html {
  const { usage } = reply;
  return html`<tr>
    <td>${visible(requestId)}</td>
    <td>${visible(`${reply.provider}:${reply.model}`)}</td>
    <td class="num">${count(usage.inputTokens)}</td>
    <td class="num">${count(usage.cacheReadTokens)}</td>
    <td class="num">${count(usage.cacheWriteTokens)}</td>
    <td class="num">${count(usage.outputTokens)}</td>
    <td class="num">${duration(durationMs)}</td>
    <td class="num">${usd(costUsd)}</td>
  </tr>`;
}
