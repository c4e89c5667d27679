import { type Run } from '../../domain/run.ts';
import { type RunPolicy, type WebhookOutbox } from '../ports.ts';
import { type ProgressReporter } from './run-job.ts';
import { plannedWebhook } from './run-webhooks.ts';

/**
 * A reporter that tells the outside of the plan too. Its `stop` rejects when that could not be stored: the step
 * is then done again, and sees the plan again.
 */
export function announcingPlan(
  ports: { readonly outbox: WebhookOutbox; readonly policy: Pick<RunPolicy, 'publicUrl'> },
  run: Run,
  reporter: ProgressReporter,
): ProgressReporter {
  const announced: Promise<void>[] = [];
  return {
    saw: (event) => {
      reporter.saw(event);
      if (event.type !== 'plan' || announced.length > 0) return;
      const stored = ports.outbox.enqueue(plannedWebhook(ports.policy, run, event.plan), run.callbackUrl);
      // Who waits for it is `stop`, which may be called much later.
      stored.catch(() => {});
      announced.push(stored);
    },
    stop: async () => {
      await reporter.stop();
      await Promise.all(announced);
    },
  };
}
