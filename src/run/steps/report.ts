import { proofTable } from '../../domain/report/proof-table.ts';
import { fit, MAX_BODY } from '../../domain/report/text.ts';
import { type Outcome, type Run } from '../../domain/run.ts';
import { fullName } from '../../domain/trigger.ts';
import { type Proof } from '../../protocol/proof.ts';
import { type CheckRunDraft, type OutgoingWebhook, type Ports } from '../ports.ts';
import { putRunComment } from './put-run-comment.ts';
import { runUrl } from './run-url.ts';

/** Tells everybody how it ended: the comment, the check run on the pull request's head, the webhook. */
export async function report(ports: Ports, run: Run, outcome: Outcome): Promise<void> {
  const spending = await ports.store.spending(run.id);
  const proof = (await ports.store.result(run.id))?.proof ?? null;
  const url = runUrl(ports.policy, run.id);
  const models = spending.models.map(({ name }) => name);
  await ports.outbox.enqueue(toWebhook(run, outcome, proof, spending.costUsd, models, url));
  if (outcome.publication !== null && proof !== null) {
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

const WEBHOOK_TYPES = {
  succeeded: 'run.completed',
  unproven: 'run.completed',
  failed: 'run.failed',
  cancelled: 'run.cancelled',
} as const satisfies Record<Outcome['status'], OutgoingWebhook['type']>;

function toWebhook(
  run: Run,
  outcome: Outcome,
  proof: Proof | null,
  costUsd: number,
  models: readonly string[],
  url: string | null,
): OutgoingWebhook {
  return {
    id: `${run.id}.result`,
    runId: run.id,
    type: WEBHOOK_TYPES[outcome.status],
    payload: {
      run_id: run.id,
      status: outcome.status,
      repository: fullName(run.repository),
      subject: { kind: run.subject.kind, number: run.subject.number, url: run.subject.url },
      requested_by: run.requester.login,
      pull_request: outcome.publication && {
        number: outcome.publication.pullRequestNumber,
        url: outcome.publication.pullRequestUrl,
        branch: outcome.publication.branch,
        commit: outcome.publication.commitSha,
        draft: outcome.publication.draft,
      },
      proof: proof?.verdict ?? null,
      cost_usd: costUsd,
      models,
      problem: outcome.problem,
      run_url: url,
    },
  };
}
