/** Signed webhook deliveries, remembered with what the receiver answered, and sent again on request. */
import { createHmac, randomUUID } from 'node:crypto';
import { type Contract } from './contract.ts';
import { type JsonObject } from './contract-schema.ts';
import { presentRepository, presentUser } from './present.ts';
import {
  type App,
  type Installation,
  type Repository,
  type Store,
  type User,
  installationsFor,
} from './store.ts';

/** GitHub waits ten seconds, then calls the delivery failed. */
const ANSWER_TIMEOUT_MS = 10_000;

export interface Delivery {
  readonly id: number;
  /** The same for every attempt at one event. */
  readonly guid: string;
  readonly app: App;
  readonly event: string;
  readonly action: string;
  readonly installationId: number;
  readonly repositoryId: number;
  readonly payload: JsonObject;
  readonly isRedelivery: boolean;
  readonly deliveredAt: string;
  /** 0 until there is an answer, and when there never is one. */
  statusCode: number;
  status: string;
  durationMs: number;
  requestHeaders: Readonly<Record<string, string>>;
  responseBody: string;
}

export interface Webhooks {
  readonly deliveries: readonly Delivery[];
  emit(repository: Repository, event: string, action: string, sender: User, rest: JsonObject): void;
  /** Throws when there is no such delivery. Resolves when the receiver has answered, or has failed to. */
  redeliver(deliveryId: number): Promise<Delivery>;
  /** Until every delivery has its answer. */
  settled(): Promise<void>;
  /** Gives up on what is under way. */
  close(): void;
}

type AboutDelivery = Pick<
  Delivery,
  'guid' | 'app' | 'event' | 'action' | 'installationId' | 'repositoryId' | 'payload'
>;

function signedHeaders(delivery: AboutDelivery, accountId: number, text: string): Record<string, string> {
  const { app, event, guid } = delivery;
  const digest = createHmac('sha256', app.webhookSecret).update(text).digest('hex');
  return {
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/forge',
    'x-github-event': event,
    'x-github-delivery': guid,
    'x-github-hook-id': String(app.id),
    'x-github-hook-installation-target-id': String(app.id),
    'x-github-hook-installation-target-type': 'integration',
    'x-github-account-id': String(accountId),
    'x-hub-signature-256': `sha256=${digest}`,
  };
}

function statusText(code: number): string {
  return code >= 200 && code < 300 ? 'OK' : `Invalid HTTP Response: ${code}`;
}

export function createWebhooks(
  store: Store,
  contract: Contract,
  onViolation: (what: string, problems: readonly string[]) => void,
): Webhooks {
  const deliveries: Delivery[] = [];
  const underWay = new Set<Promise<unknown>>();
  const closing = new AbortController();

  async function send(delivery: Delivery, url: string): Promise<void> {
    const startMs = performance.now();
    const text = JSON.stringify(delivery.payload);
    delivery.requestHeaders = signedHeaders(delivery, delivery.repositoryId, text);
    try {
      const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
      const response = await fetch(url, {
        method: 'POST',
        headers: delivery.requestHeaders,
        body: text,
        signal,
      });
      delivery.responseBody = await response.text();
      delivery.statusCode = response.status;
      delivery.status = statusText(response.status);
    } catch (error) {
      const isLate = error instanceof Error && error.name === 'TimeoutError';
      delivery.status = isLate ? 'timed out' : 'failed to connect to host';
      delivery.statusCode = isLate ? 504 : 502;
    }
    delivery.durationMs = performance.now() - startMs;
  }

  function deliver(about: AboutDelivery, isRedelivery: boolean): Promise<Delivery> {
    const delivery: Delivery = {
      ...about,
      id: store.nextId(),
      isRedelivery,
      deliveredAt: new Date().toISOString(),
      statusCode: 0,
      status: 'pending',
      durationMs: 0,
      requestHeaders: {},
      responseBody: '',
    };
    deliveries.push(delivery);
    const sent = send(delivery, about.app.webhookUrl ?? '').then(() => delivery);
    underWay.add(sent);
    void sent.finally(() => underWay.delete(sent));
    return sent;
  }

  function payloadFor(
    { id, account }: Installation,
    repository: Repository,
    action: string,
    sender: User,
    rest: JsonObject,
  ): JsonObject & { readonly action: string } {
    const organization =
      account.type === 'Organization' ? { organization: presentOrganization(store, account) } : {};
    return {
      action,
      ...rest,
      repository: presentRepository(store, repository),
      ...organization,
      sender: presentUser(store, sender),
      installation: { id, node_id: Buffer.from(`Installation${id}`).toString('base64') },
    };
  }

  return {
    deliveries,
    emit(repository, event, action, sender, rest) {
      for (const installation of installationsFor(store, repository)) {
        const { app } = installation;
        if (app.webhookUrl === undefined || !app.events.includes(event)) continue;
        const payload = payloadFor(installation, repository, action, sender, rest);
        const problems = contract.checkWebhook(event, payload);
        if (problems.length > 0) onViolation(`webhook ${event}.${action}`, problems);
        const about = {
          app,
          event,
          action,
          installationId: installation.id,
          repositoryId: repository.id,
          payload,
        };
        void deliver({ ...about, guid: randomUUID() }, false);
      }
    },
    async redeliver(deliveryId) {
      const original = deliveries.find(({ id }) => id === deliveryId);
      if (original === undefined) throw new Error(`no delivery ${deliveryId}`);
      return deliver(original, true);
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    close: () => closing.abort(),
  };
}

function presentOrganization({ url }: Store, account: User): JsonObject {
  const self = `${url}/orgs/${account.login}`;
  return {
    login: account.login,
    id: account.id,
    node_id: `O_${account.id}`,
    url: self,
    repos_url: `${self}/repos`,
    events_url: `${self}/events`,
    hooks_url: `${self}/hooks`,
    issues_url: `${self}/issues`,
    members_url: `${self}/members{/member}`,
    public_members_url: `${self}/public_members{/member}`,
    avatar_url: `${url}/avatars/${account.id}`,
    description: null,
  };
}

/** The shape of the deliveries API; `isFull` adds what was sent and answered. */
export function presentDelivery(delivery: Delivery, isFull: boolean): JsonObject {
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: delivery.deliveredAt,
    redelivery: delivery.isRedelivery,
    duration: delivery.durationMs / 1000,
    status: delivery.status,
    status_code: delivery.statusCode,
    event: delivery.event,
    action: delivery.action,
    installation_id: delivery.installationId,
    repository_id: delivery.repositoryId,
    throttled_at: null,
    ...(isFull
      ? {
          url: delivery.app.webhookUrl ?? '',
          request: { headers: delivery.requestHeaders, payload: delivery.payload },
          response: { headers: {}, payload: delivery.responseBody },
        }
      : {}),
  };
}
