import { type Log } from '../run/ports.ts';
import { toGitHubError } from './errors.ts';
import { type GitHubClient } from './octokit.ts';
import { toProblem } from '../domain/errors.ts';

const PAGE_SIZE = 100;
const MAX_PAGES = 20;
const MAX_REDELIVERIES = 100;

export interface RedeliveryOptions {
  readonly appOctokit: GitHubClient;
  /** Events worth asking for again; the others are left alone. */
  readonly events: readonly string[];
  /** How far back to look, in milliseconds; GitHub keeps deliveries for three days. */
  readonly lookBackMs: number;
  readonly log: Log;
}

/** GitHub's record of one attempt at a delivery; all attempts at one event share the GUID. */
interface Attempt {
  readonly id: number;
  readonly guid: string;
  readonly event: string;
  readonly delivered_at: string;
  readonly status_code: number;
}

/**
 * Asks GitHub to deliver again, once each and oldest first, what never reached us: events without any
 * successful attempt in the time looked at. At most `MAX_REDELIVERIES`, the newest. Resolves to how many were
 * asked for; one that GitHub refuses is logged. Rejects with PtcError when the list cannot be had.
 */
export async function redeliverMissed(options: RedeliveryOptions): Promise<number> {
  const { appOctokit, events, log } = options;
  const missed = await findMissed(options).catch((thrown: unknown) => {
    throw toGitHubError(thrown, 'list the webhooks it could not deliver');
  });
  const wanted = missed.filter(({ event }) => events.includes(event)).slice(0, MAX_REDELIVERIES);
  let asked = 0;
  for (const { id, guid, event } of wanted.reverse()) {
    try {
      await appOctokit.rest.apps.redeliverWebhookDelivery({ delivery_id: id });
      asked += 1;
    } catch (thrown) {
      const { code, message } = toProblem(toGitHubError(thrown, 'deliver a webhook again'));
      log.warn({ guid, event, code }, message);
    }
  }
  return asked;
}

/** The newest attempt at each event that no attempt succeeded for, newest first. */
async function findMissed({ appOctokit, lookBackMs }: RedeliveryOptions): Promise<readonly Attempt[]> {
  const sinceMs = Date.now() - lookBackMs;
  const newest = new Map<string, Attempt>();
  const arrived = new Set<string>();
  let pages = 0;
  const list = appOctokit.rest.apps.listWebhookDeliveries;
  for await (const { data } of appOctokit.paginate.iterator(list, { per_page: PAGE_SIZE })) {
    const recent = data.filter(({ delivered_at: at }) => Date.parse(at) >= sinceMs);
    for (const attempt of recent) {
      if (attempt.status_code >= 200 && attempt.status_code < 300) arrived.add(attempt.guid);
      if (!newest.has(attempt.guid)) newest.set(attempt.guid, attempt);
    }
    pages += 1;
    if (recent.length < data.length || pages === MAX_PAGES) break;
  }
  return [...newest.values()].filter(({ guid }) => !arrived.has(guid));
}
