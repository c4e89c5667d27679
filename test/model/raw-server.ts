import { onTestFinished } from 'vitest';
import { type Answer, openProviderServer, type RawServer } from './provider-server.ts';

export {
  type RawServer,
  type RawRequest,
  type Answer,
  events,
  eventsThenCut,
  eventsThenSilence,
  json,
  deadServer,
} from './provider-server.ts';

/** A provider by hand, gone with the test. */
export async function rawServer(...answers: readonly Answer[]): Promise<RawServer> {
  const server = await openProviderServer(...answers);
  onTestFinished(() => server.close());
  return server;
}
