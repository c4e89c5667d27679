import { createHash } from 'node:crypto';
import { type RunStore } from '../run/ports.ts';
import { type Database } from './database.ts';
import { toJson, toText } from './json.ts';
import { whenReachable } from './transient.ts';

/** Paid answers of models, and what they have cost. The first answer to a request is the one that stays. */
export function modelCallStore({
  kysely,
}: Database): Pick<RunStore, 'saveModelCall' | 'modelCalls' | 'spending'> {
  return {
    saveModelCall: (runId, { requestId, reply, costUsd, durationMs }) =>
      whenReachable(async () => {
        const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = reply.usage;
        await kysely
          .insertInto('model_calls')
          .values({
            run_id: runId,
            request_key: createHash('sha256').update(requestId, 'utf16le').digest('hex'),
            request_id: toJson(requestId),
            reply: toJson(reply),
            model: toText(`${reply.provider}/${reply.model}`),
            cost_usd: costUsd,
            duration_ms: durationMs,
            input_tokens: inputTokens + cacheReadTokens + cacheWriteTokens,
            output_tokens: outputTokens,
          })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      }),
    modelCalls: (runId) =>
      whenReachable(async () => {
        const rows = await kysely
          .selectFrom('model_calls')
          .select(['request_id', 'reply', 'cost_usd', 'duration_ms'])
          .where('run_id', '=', runId)
          .orderBy('ordinal')
          .execute();
        return rows.map((row) => ({
          requestId: row.request_id,
          reply: row.reply,
          costUsd: row.cost_usd,
          durationMs: row.duration_ms,
        }));
      }),
    spending: (runId) =>
      whenReachable(async () => {
        const rows = await kysely
          .selectFrom('model_calls')
          .select(['model', 'cost_usd', 'input_tokens', 'output_tokens'])
          .where('run_id', '=', runId)
          .orderBy('ordinal')
          .execute();
        const sum = (of: (row: (typeof rows)[number]) => number): number =>
          rows.reduce((total, row) => total + of(row), 0);
        return {
          costUsd: sum((row) => row.cost_usd),
          requests: rows.length,
          inputTokens: sum((row) => Number(row.input_tokens)),
          outputTokens: sum((row) => Number(row.output_tokens)),
          models: [...new Set(rows.map(({ model }) => model))],
        };
      }),
  };
}
