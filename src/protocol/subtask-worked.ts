import * as z from 'zod';

/** What a subtask came to: enough to go on from there in another workspace. */
export const SubtaskWorked = z
  .object({
    /** Its index in the plan. */
    subtask: z.number().int().nonnegative(),
    /** It was done again on top of what it had not merged with. */
    redo: z.boolean(),
    /** Its answer, for those that wait for it. */
    output: z.string(),
    /** What it changed, as a git diff against the tree it started from; empty for nothing. */
    change: z.string(),
  })
  .readonly();
export type SubtaskWorked = z.infer<typeof SubtaskWorked>;
