import * as z from 'zod';
import { Run } from '../domain/run.ts';
import { ModelReply } from './conversation.ts';
import { RunnerEvent } from './runner-event.ts';
import { RunnerJob } from './runner-job.ts';
import { RunnerResult } from './runner-result.ts';

/** One paid answer of a model; one whose `stopReason` is `refusal` was never told to the runner. */
export const RecordedCall = z
  .object({
    requestId: z.string(),
    reply: ModelReply,
    costUsd: z.number().nonnegative(),
    durationMs: z.number().nonnegative(),
    passedOver: z.array(z.object({ model: z.string(), code: z.string() }).readonly()).readonly(),
    escalated: z.boolean(),
  })
  .readonly();
export type RecordedCall = z.infer<typeof RecordedCall>;

/** All that is needed to do a run again without a model; `result` is null when the run was cut short. */
export const Recording = z
  .object({
    run: Run,
    job: RunnerJob,
    events: z.array(RunnerEvent).readonly(),
    modelCalls: z.array(RecordedCall).readonly(),
    result: RunnerResult.nullable(),
  })
  .readonly();
export type Recording = z.infer<typeof Recording>;
