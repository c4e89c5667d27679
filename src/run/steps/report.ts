import { proofTable } from '../../domain/report/proof-table.ts';
import { fit, MAX_BODY } from '../../domain/report/text.ts';
import { type Outcome, type Run } from '../../domain/run.ts';
import { type Proof } from '../../protocol/proof.ts';
import { type CheckRunDraft, type Ports } from '../ports.ts';
import { putRunComment } from './put-run-comment.ts';
import { runUrl } from './run-url.ts';
import { resultWebhook } from './run-webhooks.ts';

/** Tells everybody how it ended: the comment, the check run on the pull request's head, the webhook. */
export async function report(ports: Ports, run: Run, outcome: Outcome): Promise<void> {
  const spending = await ports.store.spending(run.id);
  const proof = (await ports.store.result(run.id))?.proof ?? null;
  const url = runUrl(ports.policy, run.id);
  const webhook = resultWebhook(ports.policy, run, outcome, proof, spending);
  await ports.outbox.enqueue(webhook, run.callbackUrl);
  if (run.repository !== null && outcome.publication !== null && proof !== null) {
    await ports.forge.putCheckRun(run, toCheckRun(run, outcome, proof, outcome.publication.commitSha, url));
  }
  const proofLine = proof === null ? null : PROOF_LINES[proof.verdict];
  await putRunComment(ports, run, { phase: 'reporting', steps: [], outcome, proofLine });
}

const PROOF_LINES: Readonly<Record<Proof['verdict'], string>> = {
  green: 'Proof: seen to fail before the change and to pass after it.',
  unproven: 'Proof: the checks pass, but nothing was seen to fail before the change.',
  red: 'Proof: a check fails after the change.',
  none: 'Proof: this repository has nothing to check with.',
};

function toCheckRun(
  run: Run,
  outcome: Outcome,
  proof: Proof,
  headSha: string,
  detailsUrl: string | null,
): CheckRunDraft {
  return {
    externalId: run.id,
    headSha,
    conclusion: conclusionOf(outcome, proof),
    title: PROOF_LINES[proof.verdict],
    summary: fit(proofTable(proof), MAX_BODY - 100, '… (cut; the run page has all of it)'),
    detailsUrl,
  };
}

function conclusionOf(outcome: Outcome, proof: Proof): CheckRunDraft['conclusion'] {
  if (outcome.status === 'cancelled') return 'cancelled';
  if (proof.verdict === 'red' || outcome.status === 'failed') return 'failure';
  return outcome.status === 'succeeded' ? 'success' : 'neutral';
}
