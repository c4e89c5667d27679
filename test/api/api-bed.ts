import { type ApiSettings } from '../../src/api/app.ts';
import { type Executions } from '../../src/run/executions/ports.ts';
import { type Log, type RunIntake } from '../../src/run/ports.ts';
import { memoryRunStore } from '../helpers/memory-run-store.ts';
import { accessOf } from './access-bed.ts';

export const quiet: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

const refuse = () => Promise.reject(new Error('nothing is taken here'));

const noIntake: RunIntake = { create: refuse, cancel: refuse, retry: refuse };
const noExecutions: Executions = {
  submit: refuse,
  result: refuse,
  startUnstarted: refuse,
  stats: refuse,
};

/** A listener on loopback without keys, runs or work, as far as a test does not say otherwise. */
export const settingsOf = (different: Partial<ApiSettings> = {}): ApiSettings => ({
  store: memoryRunStore(),
  intake: noIntake,
  executions: noExecutions,
  webhooks: { list: async () => [], resend: async () => 0 },
  access: accessOf(),
  publicUrl: null,
  version: '1.2.3',
  llmProvider: 'anthropic',
  stopping: new AbortController().signal,
  log: quiet,
  ...different,
});
