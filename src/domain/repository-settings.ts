import * as z from 'zod';

const command = z.string().min(1);

/**
 * What a repository's owner says in `.github/ptc.yml` of the default branch. Strict: an unknown key is an
 * error, so that a typo never silently changes what is checked.
 */
export const RepositorySettings = z
  .strictObject({
    setup: z.array(command).optional().describe('Commands that install what the checks need, in order.'),
    test: command.optional().describe('Command that runs the tests.'),
    lint: command.optional().describe('Command that lints.'),
    typecheck: command.optional().describe('Command that checks types.'),
    budget: z
      .number()
      .positive()
      .max(1000)
      .optional()
      .describe('Most a run may cost, in US dollars; the operator’s own limit still holds.'),
    models: z
      .array(z.string().regex(/^(anthropic|openai|openrouter|kimi|compatible):.+$/))
      .min(1)
      .optional()
      .describe('Models in order of preference, as provider:model; only those the operator offers are used.'),
  })
  .readonly();
export type RepositorySettings = z.infer<typeof RepositorySettings>;
