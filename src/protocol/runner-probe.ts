import * as z from 'zod';

/** One way of keeping a repository's commands apart, as it works on this machine. */
export const IsolationWay = z
  .object({
    level: z.enum(['bubblewrap', 'separate-user', 'none']),
    /** Why it does not work here; null when it does. */
    reason: z.string().nullable(),
    /** What it cannot promise. */
    caveats: z.array(z.string()).readonly(),
  })
  .readonly();
export type IsolationWay = z.infer<typeof IsolationWay>;

/** What `runner.mjs --probe <folder>` prints. */
export const RunnerProbe = z
  .object({
    /** Each way that was tried, strongest first. */
    isolation: z.array(IsolationWay).readonly(),
    /** Folders where commands look for programs. */
    commandPath: z.array(z.string()).readonly(),
  })
  .readonly();
export type RunnerProbe = z.infer<typeof RunnerProbe>;
