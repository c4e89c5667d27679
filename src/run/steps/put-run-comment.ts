import { progressComment, type Progress, runMarker } from '../../domain/report/comment-text.ts';
import { type Run } from '../../domain/run.ts';
import { type Ports } from '../ports.ts';
import { runUrl } from './run-url.ts';

/**
 * The run's one comment, put up or brought up to date. Resolves to its id; to null for a run that has no subject to
 * comment on.
 */
export async function putRunComment(
  ports: Pick<Ports, 'forge' | 'store' | 'policy'>,
  run: Run,
  state: Pick<Progress, 'phase' | 'steps' | 'outcome' | 'proofLine'> & Partial<Pick<Progress, 'spending'>>,
): Promise<number | null> {
  if (run.subject === null) return null;
  const stored = await ports.store.get(run.id);
  const body = progressComment({
    run,
    warnings: stored?.warnings ?? [],
    spending: await ports.store.spending(run.id),
    ...state,
    runUrl: runUrl(ports.policy, run.id),
  });
  const knownId = stored?.commentId ?? null;
  const { number: subjectNumber } = run.subject;
  return ports.forge.putComment(run, { subjectNumber, marker: runMarker(run.id), body, knownId });
}
