import { readChange } from './change.ts';
import { checksInEvent } from './checks/checks-in-event.ts';
import { validate } from './checks/validation/validate.ts';
import { checkOutReady, checkPlace, type Ground } from './ground.ts';
import { type Judged, setUpHead, withFirst } from './prove-change.ts';
import { type Session } from './session.ts';
import { openWorkTree, type WorkTree } from './work-tree.ts';

/** The change as it stands, validated in a fresh checkout of exactly its tree. */
export async function validateChange(
  session: Session,
  { repository }: Ground,
  work: WorkTree,
  attempt: number,
): Promise<Judged> {
  const { job, emit, signal } = session;
  const tree = await work.snapshot(signal);
  const change = await readChange(repository, tree, signal);
  const commit = await repository.commitTree(tree, repository.baseSha, signal);
  const checkout = await checkOutReady(session, repository, `proof-${attempt}`, commit);
  const proof = await validate({
    place: checkPlace(session, 'proof', checkout.path),
    files: await openWorkTree(checkout).trackedFiles(signal),
    changes: change.texts,
    wishes: job,
    onFound: (found) => emit({ type: 'checks.found', ...checksInEvent(found) }),
    onStage: (stage, state, detail) => emit({ type: 'validation', stage, state, detail }),
    setUp: (packages) => setUpHead(session, checkout, packages),
  });
  return { change, proof: withFirst(proof, session.failedFirst), checkout };
}
