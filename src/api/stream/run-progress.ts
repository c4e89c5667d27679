import { type RunnerEvent, type RunnerPhase } from '../../protocol/runner-event.ts';

/** How far a run has come when a phase begins. */
const PHASE_BEGINS: Readonly<Record<RunnerPhase, number>> = {
  cloning: 0.05,
  installing: 0.1,
  planning: 0.15,
  working: 0.2,
  merging: 0.7,
  proving: 0.75,
  verifying: 0.9,
  finishing: 0.95,
};
const RUNNER_ENDS = 0.97;
const WORK_BEGINS = PHASE_BEGINS.working;
const WORK_ENDS = PHASE_BEGINS.merging;
/** So much of the work that is left is done by what one question to a model leads to. */
const BY_A_QUESTION = 0.04;

/** How far a run has come, from 0 to 1 and never back: by its phases, and within the work by what is worked out. */
export interface RunProgress {
  saw(event: RunnerEvent): void;
  /** To three digits. */
  now(): number;
  /** It has ended well. */
  complete(): void;
}

export function createRunProgress(): RunProgress {
  let progress = 0;
  let subtasks = 0;
  const worked = new Set<number>();

  /** Where the event shows that the run has come to; it may have come further before. */
  const shownBy = (event: RunnerEvent): number => {
    if (event.type === 'phase') return event.subtask === undefined ? PHASE_BEGINS[event.phase] : 0;
    if (event.type === 'runner.finished') return RUNNER_ENDS;
    if (event.type === 'subtask.worked')
      return WORK_BEGINS + (WORK_ENDS - WORK_BEGINS) * Math.min(1, worked.size / Math.max(1, subtasks));
    const isWork = event.type === 'model.request' && subtasks === 0 && progress >= WORK_BEGINS;
    return isWork ? progress + (WORK_ENDS - progress) * BY_A_QUESTION : 0;
  };

  return {
    saw: (event) => {
      if (event.type === 'plan') subtasks = event.plan.subtasks.length;
      if (event.type === 'subtask.worked') worked.add(event.subtask);
      progress = Math.max(progress, shownBy(event));
    },
    now: () => Math.round(progress * 1000) / 1000,
    complete: () => {
      progress = 1;
    },
  };
}
