import * as z from 'zod';
import { ProblemSchema } from '../domain/run.ts';

/** One field of a request that is wrong: `plan.subtasks.0.goal`; the empty path is the whole of it. */
export const FieldFault = z.object({ path: z.string(), message: z.string() }).readonly();
export type FieldFault = z.infer<typeof FieldFault>;

/** What every request is answered that went wrong. */
export const ProblemAnswer = z
  .object({
    error: z.object({
      ...ProblemSchema.unwrap().shape,
      /** Where the request itself cannot be read. */
      fields: z.array(FieldFault).readonly().optional(),
    }),
  })
  .meta({ id: 'Problem', description: 'What happened, what to do, and whether trying again can help.' });
export type ProblemAnswer = z.infer<typeof ProblemAnswer>;
