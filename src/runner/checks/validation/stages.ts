import { type StageProof, type ValidationStage } from '../../../protocol/proof.ts';

const STAGES: readonly ValidationStage[] = ['syntactic', 'semantic', 'integration'];

export type TellStage = (
  stage: ValidationStage,
  state: 'started' | 'passed' | 'failed',
  detail: string,
) => void;

/** The stages of one validation, as they go on. */
export interface Stages {
  start(stage: ValidationStage): void;
  pass(stage: ValidationStage, detail: string): void;
  fail(stage: ValidationStage, detail: string): void;
  /** A stage that was begun could not be gone through. */
  leave(stage: ValidationStage, detail: string): void;
  /** All three, as they stand. */
  ends(): readonly StageProof[];
}

export function openStages(tell: TellStage): Stages {
  const ends = new Map<ValidationStage, Omit<StageProof, 'stage'>>();
  return {
    start: (stage) => tell(stage, 'started', ''),
    pass(stage, detail) {
      ends.set(stage, { state: 'passed', detail });
      tell(stage, 'passed', detail);
    },
    fail(stage, detail) {
      ends.set(stage, { state: 'failed', detail });
      tell(stage, 'failed', detail);
    },
    leave: (stage, detail) => void ends.set(stage, { state: 'not-run', detail }),
    ends: () =>
      STAGES.map((stage) => ({
        stage,
        ...(ends.get(stage) ?? { state: 'not-run', detail: 'A stage before it failed.' }),
      })),
  };
}
