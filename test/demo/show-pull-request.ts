import * as z from 'zod';
import { type Forge } from '../helpers/forge/index.ts';

const PullRequest = z.object({
  number: z.number(),
  title: z.string(),
  body: z.string().nullable(),
  draft: z.boolean(),
  base: z.object({ ref: z.string() }),
  head: z.object({ ref: z.string() }),
});

/** Prints the pull request as the forge now has it, and its diff by git. */
export async function showPullRequest(
  forge: Forge,
  fullName: string,
  say: (line: string) => void,
): Promise<void> {
  const [owner = ''] = fullName.split('/');
  const answer = await forge.as(owner, 'GET', `/repos/${fullName}/pulls`);
  const [pullRequest] = z.array(PullRequest).parse(answer.body);
  if (pullRequest === undefined) {
    say('\nThere is no pull request.');
    return;
  }
  const { number, title, draft, base, head, body } = pullRequest;
  const rule = '─'.repeat(78);
  say(
    `\n${rule}\nPull request #${number}${draft ? ' (draft)' : ''}: ${title}\n${head.ref} → ${base.ref}\n${rule}`,
  );
  say(body ?? '');
  say(rule);
  say(await forge.repository(fullName).git('diff', `${base.ref}..${head.ref}`));
}
