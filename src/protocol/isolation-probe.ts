import * as z from 'zod';

/** What `runner.mjs --probe <folder>` prints: each way of keeping commands apart that was tried, strongest first. */
export const IsolationProbe = z
  .array(
    z
      .object({
        level: z.enum(['bubblewrap', 'separate-user', 'none']),
        /** Why it does not work here; null when it does. */
        reason: z.string().nullable(),
        /** What it cannot promise. */
        caveats: z.array(z.string()).readonly(),
      })
      .readonly(),
  )
  .readonly();
export type IsolationProbe = z.infer<typeof IsolationProbe>;
