import { type Run } from '../../domain/run.ts';
import { type RunnerEvent, type RunnerPhase } from '../../protocol/runner-event.ts';
import { type Ports } from '../ports.ts';
import { putRunComment } from './put-run-comment.ts';

/** With what a run writes besides, this keeps to at most 10 writes in its first minute and 4 in each further one. */
const INTERVAL_MS = 20_000;

const PHASE_WORDS: Readonly<Record<RunnerPhase, string>> = {
  cloning: 'Repository cloned',
  installing: 'Dependencies installed',
  planning: 'Plan made',
  working: 'Change written',
  merging: 'Subtasks put together',
  proving: 'Proof in a fresh checkout',
  verifying: 'Result compared with the task',
  finishing: 'Result handed back',
};

export interface ProgressReporter {
  saw(event: RunnerEvent): void;
  /** Resolves when the last update has been sent. */
  stop(): Promise<void>;
}

/**
 * Keeps the sticky comment in step with the runner. A failed update is logged and left: the next one, or the
 * report, says more anyway.
 */
export function reportProgress(ports: Ports, run: Run): ProgressReporter {
  const phases: RunnerPhase[] = [];
  let attempts = 0;
  let shown = '';
  let sending: Promise<void> = Promise.resolve();

  const steps = (): readonly string[] => [
    ...phases.map((phase, index) => `${index < phases.length - 1 ? '✅' : '⏳'} ${PHASE_WORDS[phase]}`),
    ...(attempts > 1 ? [`Attempt ${attempts}`] : []),
  ];
  const send = async (): Promise<void> => {
    const now = steps().join('\n');
    if (now === shown) return;
    shown = now;
    await putRunComment(ports, run, { phase: 'running', steps: steps(), outcome: null, proofLine: null });
  };
  const timer = setInterval(() => {
    sending = sending.then(send).catch((error: unknown) => {
      ports.log.warn({ runId: run.id, reason: String(error) }, 'the progress comment was not updated');
    });
  }, INTERVAL_MS);
  timer.unref();
  return {
    saw: (event) => {
      if (event.type === 'phase' && !phases.includes(event.phase)) phases.push(event.phase);
      if (event.type === 'attempt') attempts = event.attempt;
    },
    stop: () => {
      clearInterval(timer);
      return sending;
    },
  };
}
