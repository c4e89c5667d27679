import { type Run } from '../../domain/run.ts';
import { type Ports } from '../ports.ts';
import { putRunComment } from './put-run-comment.ts';

/** Puts up the run's one comment. */
export async function acknowledge(ports: Ports, run: Run): Promise<void> {
  const state = { phase: 'acknowledging', steps: [], outcome: null, proofLine: null } as const;
  const commentId = await putRunComment(ports, run, state);
  if (commentId !== null) await ports.store.setCommentId(run.id, commentId);
}
