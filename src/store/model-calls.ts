import { createHash } from 'node:crypto';
import { spendingOf } from '../domain/spending.ts';
import { type RunStore, type StoredModelCall } from '../run/ports.ts';
import { type Database } from './database.ts';
import { toJson, toText } from './json.ts';
import { whenReachable } from './transient.ts';

/** Paid answers of models, and what they have cost. The first answer to a request is the one that stays. */
export function modelCallStore({
  kysely,
}: Database): Pick<RunStore, 'saveModelCall' | 'modelCalls' | 'spending'> {
  return {
    saveModelCall: (runId, call) =>
      whenReachable(async () => {
        const { requestId, reply, costUsd, durationMs, passedOver, escalated } = call;
        const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = reply.usage;
        await kysely
          .insertInto('model_calls')
          .values({
            run_id: runId,
            request_key: keyOf(call),
            request_id: toJson(requestId),
            reply: toJson(reply),
            model: toText(modelOf(call)),
            cost_usd: costUsd,
            duration_ms: durationMs,
            input_tokens: inputTokens + cacheReadTokens + cacheWriteTokens,
            output_tokens: outputTokens,
            passed_over: passedOver.length === 0 ? null : toJson(passedOver),
            escalated,
          })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      }),
    modelCalls: (runId) =>
      whenReachable(async () => {
        const rows = await kysely
          .selectFrom('model_calls')
          .select(['request_id', 'reply', 'cost_usd', 'duration_ms', 'passed_over', 'escalated'])
          .where('run_id', '=', runId)
          .orderBy('ordinal')
          .execute();
        return rows.map((row) => ({
          requestId: row.request_id,
          reply: row.reply,
          costUsd: row.cost_usd,
          durationMs: row.duration_ms,
          passedOver: row.passed_over ?? [],
          escalated: row.escalated,
        }));
      }),
    spending: (runId) =>
      whenReachable(async () => {
        const rows = await kysely
          .selectFrom('model_calls')
          .select(['model', 'cost_usd', 'input_tokens', 'output_tokens', 'passed_over', 'escalated'])
          .where('run_id', '=', runId)
          .orderBy('ordinal')
          .execute();
        return spendingOf(
          rows.map((row) => ({
            model: row.model,
            costUsd: row.cost_usd,
            inputTokens: Number(row.input_tokens),
            outputTokens: Number(row.output_tokens),
            fellOver: row.passed_over !== null,
            escalated: row.escalated,
          })),
        );
      }),
  };
}

const modelOf = ({ reply }: StoredModelCall): string => `${reply.provider}:${reply.model}`;

/** A request has one answer, and a refusal of each model asked before. */
function keyOf(call: StoredModelCall): string {
  const key = sha256(call.requestId);
  return call.reply.stopReason === 'refusal' ? `${key}.${sha256(modelOf(call))}` : key;
}

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf16le').digest('hex');
