import * as z from 'zod';

/** What ROMA's progress stream tells apart. */
export const StreamEventType = z.enum([
  'connected',
  'disconnected',
  'execution_started',
  'execution_completed',
  'execution_failed',
  'progress',
  'stage_started',
  'stage_completed',
  'validation_started',
  'validation_passed',
  'validation_failed',
  'validation_warning',
  'code_generating',
  'code_generated',
  'code_block_ready',
  'test_started',
  'test_passed',
  'test_failed',
  'error',
  'warning',
]);
export type StreamEventType = z.infer<typeof StreamEventType>;

/** ROMA's StreamMessage. A stream ends after `execution_completed` or `execution_failed`. */
export const StreamMessage = z
  .object({
    id: z.string(),
    event_type: StreamEventType,
    timestamp: z.iso.datetime(),
    execution_id: z.string(),
    stage: z.string(),
    /** Never less than in the message before. */
    progress: z.number().min(0).max(1),
    message: z.string(),
    data: z.record(z.string(), z.unknown()),
    error: z.string().nullable(),
  })
  .readonly()
  .meta({ id: 'StreamMessage' });
export type StreamMessage = z.infer<typeof StreamMessage>;
