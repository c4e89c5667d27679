import * as z from 'zod';

/** Stands in a body where every request has a number of its own. */
export const MARK = '#number#';

/** The number of a request, unlike that of any other of the same round or of another. */
export const numbered = (round: number, request: number): string => `${round}-${request}`;

/** What is to be asked again and again. */
export const Load = z.object({
  port: z.number(),
  method: z.enum(['GET', 'POST']),
  path: z.string(),
  /** Lines of the head, besides the host and the length. */
  headers: z.array(z.string()).readonly(),
  body: z.string(),
  round: z.number(),
  connections: z.number(),
  seconds: z.number(),
});
export type Load = z.infer<typeof Load>;

export const Loaded = z.object({
  /** Answers. */
  perSecond: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
  /** Of one processor, used by whoever asked: well below 1, or it was what was measured. */
  cpuShare: z.number(),
});
export type Loaded = z.infer<typeof Loaded>;
