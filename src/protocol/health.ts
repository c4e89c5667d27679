import * as z from 'zod';

/** `GET /health`, in ROMA's words. */
export const Health = z
  .object({
    status: z.literal('healthy'),
    service: z.literal('ptc'),
    version: z.string(),
    schemas_available: z.literal(true),
    /** Provider of the model that is asked first. */
    llm_provider: z.string(),
  })
  .meta({ id: 'Health' });
export type Health = z.infer<typeof Health>;
