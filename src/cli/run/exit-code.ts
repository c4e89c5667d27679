import { type RunEnd } from '../../store/run-folder.ts';

/** What `ptc run` and its like end with; `ptc run --help` shows it. */
export const EXIT = {
  succeeded: 0,
  failed: 1,
  usage: 2,
  unproven: 3,
  cancelled: 130,
} as const;

export const exitCodeOf = ({ status }: Pick<RunEnd, 'status'>): number =>
  EXIT[status === 'planned' ? 'succeeded' : status];

/** Faults of the call or of the machine's configuration: nothing was tried, nothing was paid. */
const USAGE: ReadonlySet<string> = new Set([
  'usage',
  'config-invalid',
  'model-unknown-provider',
  'model-not-configured',
  'model-not-offered',
  'plan-invalid',
  'plan-too-large',
  'plan-cyclic',
  'plan-unsupported',
  'settings-invalid',
  'repository-missing',
  'not-a-repository',
  'repository-not-trusted',
  'no-commits',
  'base-unknown',
  'object-format-unsupported',
  'url-has-credentials',
  'branch-name-invalid',
  'branch-taken',
  'runner-missing',
  'run-unknown',
  'recording-unreadable',
  'platform-unsupported',
  'git-missing',
  'api-keys-missing',
  'server-not-found',
  'key-missing',
  'key-refused',
  'scope-missing',
  'key-unknown',
  'webhook-unknown',
  'request-invalid',
]);

export const exitCodeOfProblem = (code: string): number =>
  code === 'cancelled' ? EXIT.cancelled : USAGE.has(code) ? EXIT.usage : EXIT.failed;
