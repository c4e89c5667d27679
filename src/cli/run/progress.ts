import { type Plan } from '../../domain/plan.ts';
import { type RunnerEvent, type RunnerPhase } from '../../protocol/runner-event.ts';
import { plainLine } from '../terminal.ts';

/** The parts of a run as they are shown, in their order. */
export const STAGES = ['clone', 'plan', 'work', 'prove', 'finish'] as const;
export type Stage = (typeof STAGES)[number];

type SubtaskState = Extract<RunnerEvent, { type: 'subtask.state' }>['state'] | 'waiting';

export interface Progress {
  readonly stage: Stage;
  /** How often a proof has been begun. */
  readonly proofs: number;
  readonly plan: Plan | null;
  /** By index of the plan. */
  readonly subtasks: readonly SubtaskState[];
  /** What happens right now, in a few words. */
  readonly doing: string;
  readonly ended: boolean;
}

export const NO_PROGRESS: Progress = {
  stage: 'clone',
  proofs: 0,
  plan: null,
  subtasks: [],
  doing: '',
  ended: false,
};

/** Null: a phase that goes on beside the others. */
const STAGE_OF: Readonly<Record<RunnerPhase, Stage | null>> = {
  cloning: 'clone',
  installing: null,
  planning: 'plan',
  working: 'work',
  merging: 'work',
  proving: 'prove',
  verifying: 'prove',
  finishing: 'finish',
};

/** How things stand after the event. */
export function advance(progress: Progress, event: RunnerEvent): Progress {
  const doing = describe(event) ?? progress.doing;
  if (event.type === 'phase') {
    const stage = event.subtask === undefined ? STAGE_OF[event.phase] : null;
    const proofs = progress.proofs + (stage !== null && event.phase === 'proving' ? 1 : 0);
    return { ...progress, doing, proofs, stage: stage ?? progress.stage };
  }
  if (event.type === 'plan')
    return { ...progress, doing, plan: event.plan, subtasks: event.plan.subtasks.map(() => 'waiting') };
  if (event.type === 'subtask.state') {
    const subtasks = progress.subtasks.map((state, index) => (index === event.subtask ? event.state : state));
    return { ...progress, doing, subtasks };
  }
  return { ...progress, doing, ended: event.type === 'runner.finished' };
}

/** The event in one line for people; null for those that say nothing to them. */
export function describe(event: RunnerEvent): string | null {
  const line = describeEvent(event);
  if (line === null) return null;
  return plainLine(event.subtask === undefined ? line : `[${event.subtask}] ${line}`);
}

function describeEvent(event: RunnerEvent): string | null {
  if (isDeed(event)) return describeDeed(event);
  switch (event.type) {
    case 'phase':
      return event.phase;
    case 'plan':
      return event.plan.subtasks.length === 1
        ? 'plan of one subtask'
        : `plan of ${event.plan.subtasks.length} subtasks`;
    case 'subtask.state':
      return `${event.state}${event.detail === '' ? '' : `: ${event.detail}`}`;
    case 'validation':
      return `${event.stage} stage ${event.state}${event.detail === '' ? '' : `: ${event.detail}`}`;
    case 'attempt':
      return `attempt ${event.attempt}: ${event.verdict}`;
    case 'note':
      return event.text;
    case 'subtask.worked':
    case 'runner.finished':
      return null;
  }
}

const DEEDS = ['runner.started', 'command', 'model.request', 'patch', 'tool', 'checks.found'] as const;
type Deed = Extract<RunnerEvent, { type: (typeof DEEDS)[number] }>;

const isDeed = (event: RunnerEvent): event is Deed => DEEDS.some((type) => type === event.type);

function describeDeed(event: Deed): string {
  switch (event.type) {
    case 'runner.started':
      return event.isolation === 'none'
        ? 'WITHOUT ISOLATION: commands of the repository can read and change what you can'
        : `commands are isolated by ${event.isolation}`;
    case 'command':
      return `$ ${event.command} (${event.tree}) → ${event.end.limit ?? `exit ${event.end.exitCode}`} in ${(event.end.durationMs / 1000).toFixed(1)} s`;
    case 'model.request':
      return `asks the model (${event.requestId})`;
    case 'patch':
      return event.applied ? `patch: ${event.detail}` : `patch refused: ${event.detail}`;
    case 'tool':
      return `${event.name}: ${event.summary}`;
    case 'checks.found':
      return `checks: ${event.checks.map(({ command }) => command).join(', ') || 'none'}`;
  }
}
