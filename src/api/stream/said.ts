import { toDocument } from '../../domain/plan.ts';
import { type RunnerEvent } from '../../protocol/runner-event.ts';
import { type StreamEventType } from '../../protocol/stream-message.ts';

/** What a message is made of besides its place in the stream. */
export interface Said {
  readonly type: StreamEventType;
  readonly message: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly error?: string;
  /** The stage it belongs to, where it is not that of the run. */
  readonly stage?: string;
}

const MAX_OUTPUT_LENGTH = 4000;

type Of<Type extends RunnerEvent['type']> = Extract<RunnerEvent, { type: Type }>;

/** What one event says by itself, whatever came before it. */
export function saidBy(event: Exclude<RunnerEvent, { type: 'runner.finished' }>): Said {
  switch (event.type) {
    case 'runner.started':
      return { type: 'progress', message: 'A workspace is ready.', data: { isolation: event.isolation } };
    case 'phase':
      return { type: 'progress', message: event.phase };
    case 'checks.found':
      return ofChecks(event);
    case 'command':
      return ofCommand(event);
    case 'model.request':
      return ofQuestion(event);
    case 'tool':
      return { type: 'progress', message: `${event.name} ${event.summary}`, data: { ok: event.ok } };
    case 'patch':
      return event.applied
        ? { type: 'code_block_ready', message: `Patch applied: ${event.detail}` }
        : { type: 'warning', message: `Patch refused: ${event.detail}` };
    case 'validation':
      return ofValidation(event);
    case 'attempt':
      return ofAttempt(event);
    case 'plan':
      return ofPlan(event);
    case 'subtask.worked':
      return { type: 'code_generated', message: event.output, data: { subtask: event.subtask } };
    case 'subtask.state':
      return ofSubtask(event);
    case 'note':
      return { type: 'progress', message: event.text };
  }
}

const ofChecks = ({ setup, checks }: Of<'checks.found'>): Said => ({
  type: 'progress',
  message: `Checks found: ${checks.map(({ command }) => command).join('; ') || 'none'}`,
  data: { setup, checks },
});

const ofQuestion = ({ requestId, escalation }: Of<'model.request'>): Said => ({
  type: 'code_generating',
  message: 'A model is asked.',
  data: { request_id: requestId, escalation },
});

const ofPlan = ({ plan, source }: Of<'plan'>): Said => ({
  type: 'progress',
  message: `A plan of ${plan.subtasks.length} subtasks.`,
  data: { source, plan: toDocument(plan) },
});

/** Of a check of the work it is the verdict of tests; everything else is told as it passes by. */
function ofCommand({ purpose, tree, command, end }: Of<'command'>): Said {
  const { exitCode, limit, durationMs, output } = end;
  const passed = exitCode === 0 && limit === null;
  const data = {
    command,
    purpose,
    tree,
    exit_code: exitCode,
    limit,
    duration_seconds: durationMs / 1000,
    output: output.slice(-MAX_OUTPUT_LENGTH).toWellFormed(),
  };
  const message = `$ ${command} → ${limit ?? `exit ${exitCode}`}`;
  if (purpose === 'check' && tree !== 'base')
    return passed
      ? { type: 'test_passed', message, data }
      : { type: 'test_failed', message, data, error: message };
  return { type: purpose === 'setup' && !passed ? 'warning' : 'progress', message, data };
}

const VALIDATIONS = {
  started: 'validation_started',
  passed: 'validation_passed',
  failed: 'validation_failed',
} as const;

const ofValidation = ({ stage, state, detail }: Of<'validation'>): Said => ({
  type: VALIDATIONS[state],
  stage,
  message: detail === '' ? `${stage} stage ${state}` : `${stage} stage ${state}: ${detail}`,
  ...(state === 'failed' ? { error: detail } : {}),
});

const SUBTASK_STATES = {
  started: 'stage_started',
  redo: 'warning',
  done: 'stage_completed',
  failed: 'error',
  skipped: 'warning',
} as const;

const ofSubtask = ({ subtask, state, detail }: Of<'subtask.state'>): Said => ({
  type: SUBTASK_STATES[state],
  message: detail === '' ? `Subtask ${subtask}: ${state}` : `Subtask ${subtask}: ${state}: ${detail}`,
  data: { subtask, state },
  ...(state === 'failed' ? { error: detail } : {}),
});

const VERDICTS = {
  green: 'validation_passed',
  unproven: 'validation_warning',
  none: 'validation_warning',
  red: 'validation_failed',
} as const;

function ofAttempt({ attempt, verdict }: Of<'attempt'>): Said {
  const message = `Attempt ${attempt}: ${verdict}`;
  const data = { attempt, verdict };
  return { type: VERDICTS[verdict], message, data, ...(verdict === 'red' ? { error: message } : {}) };
}
