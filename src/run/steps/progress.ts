import { planProgress, type SubtaskState } from '../../domain/report/plan-text.ts';
import { type Run } from '../../domain/run.ts';
import { type RunnerPhase } from '../../protocol/runner-event.ts';
import { type Ports } from '../ports.ts';
import { putRunComment } from './put-run-comment.ts';
import { type ProgressReporter } from './run-job.ts';

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

/**
 * Keeps the sticky comment in step with the runner. A failed update is logged and left: the next one, or the
 * report, says more anyway.
 */
export function reportProgress(ports: Ports, run: Run): ProgressReporter {
  const phases: RunnerPhase[] = [];
  let goals: readonly string[] = [];
  const states = new Map<number, SubtaskState>();
  let attempts = 0;

  const subtasks = () =>
    goals.map((goal, index) => ({ goal, state: states.get(index) ?? 'waiting', detail: '' }));
  const steps = (): readonly string[] => [
    ...phases.map((phase, index) => `${index < phases.length - 1 ? '✅' : '⏳'} ${PHASE_WORDS[phase]}`),
    ...(goals.length > 0 ? [planProgress(subtasks())] : []),
    ...(attempts > 1 ? [`Attempt ${attempts}`] : []),
  ];
  return {
    stop: keepCommentInStep(ports, run, steps),
    saw: (event) => {
      if (event.type === 'phase' && !phases.includes(event.phase)) phases.push(event.phase);
      if (event.type === 'plan') goals = event.plan.subtasks.map(({ goal }) => goal);
      if (event.type === 'subtask.worked') states.set(event.subtask, 'worked');
      if (event.type === 'subtask.state') states.set(event.subtask, event.state);
      // Attempts at a subtask are its own.
      if (event.type === 'attempt' && event.subtask === undefined) attempts = event.attempt;
    },
  };
}

/**
 * Puts the steps into the comment now and then, when they have changed. Returns what ends that: it resolves when
 * the last update has been sent.
 */
export function keepCommentInStep(
  ports: Ports,
  run: Run,
  steps: () => readonly string[],
): () => Promise<void> {
  let shown = '';
  let sending: Promise<void> = Promise.resolve();
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
  return () => {
    clearInterval(timer);
    return sending;
  };
}
