import * as z from 'zod';
import { toolSpec } from './tool.ts';

/** The change in words, as it will stand on the pull request. */
export const Summary = z
  .strictObject({
    title: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .describe('One line in the imperative that says what the change does.'),
    body: z
      .string()
      .max(20_000)
      .describe(
        'What was wrong or wanted, what the change does about it and why so, and which test shows it. Markdown.',
      ),
  })
  .readonly();
export type Summary = z.infer<typeof Summary>;

export const FINISH = toolSpec(
  'finish',
  'Hands the change in. It is then checked in a fresh checkout; when a check fails you are told and go on.',
  Summary,
);
