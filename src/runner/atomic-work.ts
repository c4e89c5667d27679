import { type Maker } from './accept.ts';
import { checkOutReady, type Ground } from './ground.ts';
import { type Progress } from './progress.ts';
import { type Session } from './session.ts';
import { startAgent } from './start-agent.ts';
import { openWorkTree } from './work-tree.ts';

/** One agent does the whole task. */
export async function makeAtomically(
  session: Session,
  ground: Ground,
  briefing: string,
  progress: Progress,
): Promise<Maker> {
  const { repository } = ground;
  const checkout = await checkOutReady(session, repository, 'work', repository.baseSha);
  const work = openWorkTree(checkout, session.job.acceptance === 'as-is');
  progress.work = work;
  const post = { conversationId: 'work', work, opening: briefing, task: 'change' } as const;
  const { agent, commands } = await startAgent(session, ground, post);
  return {
    handIn: async (feedback) => ({ summary: await agent.workUntilFinish(feedback), work }),
    turnsLeft: () => agent.turnsLeft(),
    byProducts: commands.byProducts,
    review: () => Promise.resolve(null),
  };
}
