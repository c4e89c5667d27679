import { progressComment, runMarker } from '../../domain/report/comment-text.ts';
import { type Run } from '../../domain/run.ts';
import { type Ports } from '../ports.ts';
import { runUrl } from './run-url.ts';

/** Puts up the run's one comment. */
export async function acknowledge(ports: Ports, run: Run): Promise<void> {
  const body = progressComment({
    run,
    phase: 'acknowledging',
    steps: [],
    spending: await ports.store.spending(run.id),
    runUrl: runUrl(ports.policy, run.id),
    outcome: null,
    proofLine: null,
  });
  const commentId = await ports.forge.putComment(run, {
    subjectNumber: run.subject.number,
    marker: runMarker(run.id),
    body,
    knownId: (await ports.store.get(run.id))?.commentId ?? null,
  });
  await ports.store.setCommentId(run.id, commentId);
}
