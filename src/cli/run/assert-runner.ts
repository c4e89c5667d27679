import { access } from 'node:fs/promises';
import { PtcError } from '../../domain/errors.ts';
import { RUNNER_FILE } from '../../run-settings.ts';

/** Rejects with `runner-missing` where the runner has not been bundled. */
export async function assertRunner(): Promise<void> {
  try {
    await access(RUNNER_FILE);
  } catch (cause) {
    throw new PtcError(
      {
        code: 'runner-missing',
        message: `The runner has not been built: there is no ${RUNNER_FILE}.`,
        remedy: 'Build it: npm run build',
        retryable: false,
      },
      { cause },
    );
  }
}
