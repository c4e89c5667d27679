import { type RunnerEvent } from '../../protocol/runner-event.ts';

/** Shows a run as it happens. */
export interface LiveView {
  saw(event: RunnerEvent): void;
  /** All that has been spent so far. */
  spent(costUsd: number): void;
  /** Something that no event says. */
  note(text: string): void;
  /** Resolves when nothing of it moves any more. */
  stop(): Promise<void>;
}
