import { type RunPolicy } from '../ports.ts';

/** Address of the run's page; null when the operator gave the server no public address. */
export const runUrl = (policy: Pick<RunPolicy, 'publicUrl'>, runId: string): string | null =>
  policy.publicUrl === null ? null : `${policy.publicUrl}/runs/${encodeURIComponent(runId)}`;
