import { DBOS } from '@dbos-inc/dbos-sdk';
import * as z from 'zod';
import { type Problem, PtcError, toProblem } from '../domain/errors.ts';
import { type Outcome, type Phase, type Run } from '../domain/run.ts';
import { type Trigger } from '../domain/trigger.ts';
import { cancelled } from './cancellation.ts';
import { type Ports } from './ports.ts';
import { queueKeyOf } from './queue-key.ts';
import { settle, valueOf } from './settled-step.ts';
import { acknowledge } from './steps/acknowledge.ts';
import { admit } from './steps/admit.ts';
import { adoptPublication } from './steps/adopt-publication.ts';
import { announcingPlan } from './steps/announce-plan.ts';
import { awaitStandalone } from './steps/await-standalone.ts';
import { reportProgress } from './steps/progress.ts';
import { giveUpWorkspace, isWorkspaceLost } from './steps/give-up-workspace.ts';
import { type Provision } from './steps/provision.ts';
import { publish } from './steps/publish.ts';
import { report } from './steps/report.ts';
import { runJob } from './steps/run-job.ts';
import { acceptedWebhook } from './steps/run-webhooks.ts';
import { isStandalone, startWork } from './steps/start-work.ts';

export const RUN_QUEUE = 'runs';
/** Workspaces that one run may lose, the last one included: what kills each of them would kill the next. */
const MAX_WORKSPACES = 3;

/** Why a run is ended for good: so many workers died at work on it, or code took over whose steps are others. */
export const GiveUpReason = z.union([z.number().int(), z.literal('server-upgraded')]);
export type GiveUpReason = z.infer<typeof GiveUpReason>;

export interface Workflows {
  /**
   * Resolves once the trigger is stored: from then on it cannot be lost. Again with the same one is harmless, under
   * another id too.
   */
  submit(trigger: Trigger, workflowId?: string): Promise<void>;
  /**
   * Takes a run that came through the API. Resolves once it is stored and cannot be lost any more; again with the
   * same one is harmless.
   */
  start(run: Run): Promise<'started' | 'subject-busy'>;
  /** Starts what was stored by a process that died before it had started it. */
  startQueued(): Promise<void>;
  /** Ends a run for good that cannot go on: reports, disposes and finishes it. Resolves once that is stored. */
  giveUp(runId: string, reason: GiveUpReason, workflowId?: string): Promise<void>;
}

/**
 * The two durable workflows. Each step is stored when it is done and, after a crash, started again when it
 * was not: so every step finds before it creates.
 */
export function registerWorkflows(ports: Ports): Workflows {
  const tried = <T>(name: string, body: () => Promise<T>) =>
    settle(body, ports.stopping, retrying(ports, name));
  const step: Step = async (name, body) => valueOf(await DBOS.runStep(() => tried(name, body), { name }));
  /** What only reads what will never change: done anew after a crash, and so not worth being stored. */
  const look: Step = async (name, body) => valueOf(await tried(name, body));

  const runWorkflow = DBOS.registerWorkflow(
    async (runId: string): Promise<void> => {
      const run = await look('load', () => loadRun(ports, runId));
      const inPhase: InPhase = (phase, body) => step(phase, () => enter(ports, run, phase, body));

      let outcome: Outcome;
      try {
        if (run.subject !== null) await inPhase('acknowledging', () => acknowledge(ports, run));
        outcome = await workInWorkspaces(ports, run, { step, look, inPhase });
      } catch (thrown) {
        outcome = unfinished(toProblem(thrown));
      }
      await conclude(run, outcome);
    },
    { name: 'run' },
  );

  /** The end of every run, however it went: nothing in here keeps the rest from happening. */
  const conclude = async (run: Run, outcome: Outcome): Promise<void> => {
    await step('reporting', () => report(ports, run, outcome)).catch(logged(ports, run, 'report'));
    await step('disposing', () => ports.workspaces.remove(run.id)).catch(logged(ports, run, 'dispose'));
    await step('finished', () => ports.store.finish(run.id, outcome));
  };

  const giveUpWorkflow = DBOS.registerWorkflow(
    async (runId: string, reason: GiveUpReason): Promise<void> => {
      const run = await look('load', () => loadRun(ports, runId));
      await conclude(run, unfinished(reason === 'server-upgraded' ? SERVER_UPGRADED : workersDied(reason)));
    },
    { name: 'give-up' },
  );

  const admitWorkflow = DBOS.registerWorkflow(
    async (trigger: Trigger): Promise<void> => {
      const admission = await step('admit', () => admit(ports, trigger));
      ports.log.info({ deliveryId: trigger.deliveryId, admission }, 'a trigger was admitted');
      if (admission.kind !== 'run') return;
      await enqueue(admission.runId, admission.queueKey);
    },
    { name: 'admit' },
  );

  const enqueue = async (runId: string, queueKey: string): Promise<void> => {
    await DBOS.startWorkflow(runWorkflow, {
      workflowID: runId,
      queueName: RUN_QUEUE,
      enqueueOptions: { queuePartitionKey: queueKey },
    })(runId);
  };
  /** A run that is stored; again it changes nothing. */
  const enqueueStored = async (run: Run): Promise<void> => {
    await ports.outbox.enqueue(acceptedWebhook(ports.policy, run), run.callbackUrl);
    await enqueue(run.id, queueKeyOf(run));
  };

  return {
    submit: async (trigger, workflowID = `delivery-${trigger.deliveryId}`) => {
      await DBOS.startWorkflow(admitWorkflow, { workflowID })(trigger);
    },
    start: async (run) => {
      if ((await ports.store.create(run)) === 'subject-busy') return 'subject-busy';
      await enqueueStored(run);
      return 'started';
    },
    startQueued: async () => {
      const admitted = await runsBeingAdmitted();
      for (const runId of await ports.store.queued()) {
        if (admitted.has(runId)) continue;
        const stored = await ports.store.get(runId);
        if (stored !== null) await enqueueStored(stored.run);
      }
    },
    giveUp: async (runId, reason, workflowID = `give-up-${runId}`) => {
      await DBOS.startWorkflow(giveUpWorkflow, { workflowID })(runId, reason);
    },
  };
}

/** The runs that an admission under way has made or will make, and starts itself. */
async function runsBeingAdmitted(): Promise<ReadonlySet<string>> {
  const admissions = await DBOS.listWorkflows({
    workflowName: 'admit',
    status: ['PENDING', 'ENQUEUED'],
    loadInput: false,
    loadOutput: false,
  });
  return new Set(
    admissions.map(({ workflowID }) => workflowID.replace(/^delivery-(.*?)(?:\.\d+)?$/, 'run-$1')),
  );
}

type Step = <T>(name: string, body: () => Promise<T>) => Promise<T>;
type InPhase = <T>(phase: Phase, body: () => Promise<T>) => Promise<T>;

/** The ways to do a part of a run. */
interface Steps {
  readonly step: Step;
  readonly look: Step;
  readonly inPhase: InPhase;
}

/**
 * Has the job done and published. When its workspace is lost, it is done in another one, which goes on from what was
 * worked out. A workspace that stands alone publishes itself, and is not replaced.
 */
async function workInWorkspaces(ports: Ports, run: Run, { step, look, inPhase }: Steps): Promise<Outcome> {
  let terms: Provision | null = null;
  for (;;) {
    const settled = await inPhase('provisioning', () => startWork(ports, run, terms));
    if (isStandalone(settled)) {
      // A cancellation is heard in there, and nothing keeps what is on the forge by then from being told of.
      const givenUp = await step('running', () => awaitStandalone(ports, run, settled)).catch(toProblem);
      return await step('publishing', () => adoptPublication(ports, run, givenUp));
    }
    try {
      await inPhase('running', () =>
        runJob(ports, run, settled, announcingPlan(ports, run, reportProgress(ports, run))),
      );
    } catch (thrown) {
      const problem = toProblem(thrown);
      if (!isWorkspaceLost(problem) || settled.life + 1 === MAX_WORKSPACES) throw thrown;
      ports.log.warn({ runId: run.id, problem }, 'the workspace was lost, and the run goes on in another');
      await step('give-up-workspace', () => giveUpWorkspace(ports, run));
      terms = settled;
      continue;
    }
    const published = () => publish(ports, run, settled);
    // Work from nothing is put nowhere: what came of it is only looked at.
    return run.repository === null
      ? await look('publishing', published)
      : await inPhase('publishing', published);
  }
}

async function loadRun(ports: Ports, runId: string): Promise<Run> {
  const stored = await ports.store.get(runId);
  if (stored !== null) return stored.run;
  throw new PtcError({
    code: 'run-unknown',
    message: `There is no run ${runId}.`,
    remedy: 'Start it again.',
    retryable: false,
  });
}

async function enter<T>(ports: Ports, run: Run, phase: Phase, body: () => Promise<T>): Promise<T> {
  const by = await ports.store.enterPhase(run.id, phase);
  if (by !== null) throw cancelled(by);
  return body();
}

const workersDied = (workersLost: number): Problem => ({
  code: 'workers-died',
  message: `${workersLost} servers died while they were at work on this run, so it was given up.`,
  remedy: 'Let the operator look at the servers’ logs and memory, then comment `/ptc build` again.',
  retryable: false,
});

const SERVER_UPGRADED: Problem = {
  code: 'server-upgraded',
  message: 'The server was upgraded while this run was under way, and the new version cannot go on with it.',
  remedy: 'Comment `/ptc build` again, or retry the run through the API.',
  retryable: false,
};

const unfinished = (problem: Problem): Outcome => ({
  status: problem.code === 'cancelled' ? 'cancelled' : 'failed',
  problem,
  publication: null,
});

const retrying =
  ({ log }: Ports, step: string) =>
  (problem: Problem, tried: number): void => {
    log.warn({ workflowId: DBOS.workflowID, step, tried, problem }, 'a step failed and is tried again');
  };

const logged =
  (ports: Ports, run: Run, what: string) =>
  (thrown: unknown): void => {
    ports.log.error({ runId: run.id, problem: toProblem(thrown) }, `the run could not ${what}`);
  };
