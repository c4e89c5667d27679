import * as z from 'zod';

/** What a runner that does many jobs says of each when it is over, however it ended: its folder. A line of JSON. */
export const EndedJob = z.object({ ended: z.string() });
export type EndedJob = z.infer<typeof EndedJob>;
