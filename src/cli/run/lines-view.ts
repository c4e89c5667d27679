import { type RunnerEvent } from '../../protocol/runner-event.ts';
import { describe } from './progress.ts';
import { type LiveView } from './live-view.ts';

/** The run as lines with the time since its start: for logs and pipes. */
export function linesView(write: (line: string) => void): LiveView {
  const startedAt = performance.now();
  let costUsd = 0;
  const say = (text: string): void =>
    write(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(7)} s  ${text}`);
  return {
    note: say,
    saw: (event: RunnerEvent) => {
      const line = describe(event);
      if (line !== null)
        say(
          event.type === 'phase'
            ? `${line}${costUsd > 0 ? ` ($${costUsd.toFixed(4)} so far)` : ''}`
            : `  ${line}`,
        );
    },
    spent: (usd) => {
      costUsd = usd;
    },
    stop: async () => {},
  };
}
