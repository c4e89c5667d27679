import { proofTable } from '../../domain/report/proof-table.ts';
import { fit, MAX_BODY } from '../../domain/report/text.ts';
import { type Outcome, type Run } from '../../domain/run.ts';
import { type Proof } from '../../protocol/proof.ts';
import { type CheckRunDraft, type Ports } from '../ports.ts';
import { settleExecution } from '../executions/settle.ts';
import { putRunComment } from './put-run-comment.ts';
import { runUrl } from './run-url.ts';
import { resultWebhook } from './run-webhooks.ts';

/** Tells everybody how it ended: the webhook, ROMA, the check run on the pull request's head, the comment. */
export async function report(ports: Ports, run: Run, outcome: Outcome): Promise<void> {
  const spending = await ports.store.spending(run.id);
  const proof = (await ports.store.result(run.id))?.proof ?? null;
  const url = runUrl(ports.policy, run.id);
  const webhook = resultWebhook(ports.policy, run, outcome, proof, spending);
  await ports.outbox.enqueue(webhook, run.callbackUrl);
  await settleExecution(ports, run, outcome);
  const stoodAlone =
    run.repository !== null && proof === null && (await ports.standaloneRuns.state(run.id)) !== null;
  const { publication } = outcome;
  const claim = stoodAlone && publication !== null ? CLAIMED : null;
  if (run.repository !== null && publication !== null) {
    const verdict = proof === null ? claim && claimed(outcome) : judged(outcome, proof);
    const about = { externalId: run.id, headSha: publication.commitSha, detailsUrl: url };
    if (verdict !== null) await ports.forge.putCheckRun(run, { ...about, ...verdict });
  }
  const proofLine = proof === null ? claim : PROOF_LINES[proof.verdict];
  const paid = stoodAlone ? { spending: null } : {};
  await putRunComment(ports, run, { phase: 'reporting', steps: [], outcome, proofLine, ...paid });
}

type Verdict = Pick<CheckRunDraft, 'conclusion' | 'title' | 'summary'>;

const PROOF_LINES: Readonly<Record<Proof['verdict'], string>> = {
  green: 'Proof: seen to fail before the change and to pass after it.',
  unproven: 'Proof: the checks pass, but nothing was seen to fail before the change.',
  red: 'Proof: a check fails after the change.',
  none: 'Proof: this repository has nothing to check with.',
};

const CLAIMED =
  'The workspace stood alone: the app has seen neither proof nor cost. What the workspace says of them stands in the pull request.';

/** Never a success: the app has seen no proof. */
const claimed = ({ status }: Outcome): Verdict => ({
  conclusion: status === 'cancelled' ? 'cancelled' : status === 'failed' ? 'failure' : 'neutral',
  title: 'Reported by the workspace, which stood alone',
  summary: CLAIMED,
});

const judged = (outcome: Outcome, proof: Proof): Verdict => ({
  conclusion: conclusionOf(outcome, proof),
  title: PROOF_LINES[proof.verdict],
  summary: fit(proofTable(proof), MAX_BODY - 100, '… (cut; the run page has all of it)'),
});

function conclusionOf(outcome: Outcome, proof: Proof): CheckRunDraft['conclusion'] {
  if (outcome.status === 'cancelled') return 'cancelled';
  if (proof.verdict === 'red' || outcome.status === 'failed') return 'failure';
  return outcome.status === 'succeeded' ? 'success' : 'neutral';
}
