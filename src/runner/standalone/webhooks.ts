import { setTimeout as sleep } from 'node:timers/promises';
import { type Redact } from './redaction.ts';
import { type Whereabouts } from './variables.ts';

export type WebhookType =
  | 'workspace.created'
  | 'workspace.status'
  | 'task.progress'
  | 'pr.created'
  | 'task.completed'
  | 'task.failed';

/** What a webhook says; all of it is text, and what there is not is empty. */
export interface WebhookNews {
  readonly type: WebhookType;
  readonly status: string;
  readonly branchName?: string;
  readonly prUrl?: string;
  readonly error?: string;
  readonly message?: string;
}

export interface Webhooks {
  /** Posts after everything that was said before. Never throws. */
  tell(news: WebhookNews): void;
  /** Until all is posted or given up, bounded. */
  settled(): Promise<void>;
}

export interface WebhookPatience {
  /** For one answer. */
  readonly answerMs: number;
  /** Before each further try. */
  readonly retryMs: readonly number[];
}

const PATIENCE: WebhookPatience = { answerMs: 10_000, retryMs: [500, 2000, 5000] };
const MAX_TEXT_CHARS = 8000;

/**
 * Posts what happens to whoever asked for the run, in order. A receiver that is down costs nothing but time: once
 * a message could not be delivered, progress is left out until another one gets through.
 * @param note told in words when something could not be delivered
 */
export function openWebhooks(
  { webhookUrl, taskId, workspaceId, branchName }: Whereabouts,
  redact: Redact,
  note: (text: string) => void,
  patience: WebhookPatience = PATIENCE,
): Webhooks {
  let last: Promise<void> = Promise.resolve();
  let isDown = false;

  const deliver = async (url: string, news: WebhookNews): Promise<void> => {
    if (isDown && news.type === 'task.progress') return;
    const { type, status, ...rest } = news;
    const texts = { branchName, prUrl: '', error: '', message: '', ...rest };
    const body = { type, taskId, workspaceId, ...shown(texts, redact), status };
    const failure = await post(url, JSON.stringify(body), patience);
    isDown = failure !== null;
    if (failure !== null) note(`The webhook ${type} could not be delivered: ${failure}`);
  };

  return {
    tell(news) {
      if (webhookUrl === null) return;
      last = last.then(() => deliver(webhookUrl, news)).catch((error: unknown) => note(String(error)));
    },
    settled: () => last,
  };
}

const shown = (texts: Readonly<Record<string, string>>, redact: Redact): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, redact(text).slice(0, MAX_TEXT_CHARS)]),
  );

/** Null when it was taken, else why it was not. */
async function post(
  url: string,
  body: string,
  { answerMs, retryMs }: WebhookPatience,
): Promise<string | null> {
  for (let tried = 0; ; tried += 1) {
    const failure = await postOnce(url, body, answerMs);
    const pauseMs = retryMs[tried];
    if (failure === null || !failure.retryable || pauseMs === undefined) return failure?.reason ?? null;
    await sleep(pauseMs);
  }
}

async function postOnce(
  url: string,
  body: string,
  answerMs: number,
): Promise<{ readonly reason: string; readonly retryable: boolean } | null> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'ptc-bot' },
      body,
      // Where it leads was not named by whoever started us.
      redirect: 'error',
      signal: AbortSignal.timeout(answerMs),
    });
    await response.body?.cancel();
    if (response.ok) return null;
    const retryable = response.status >= 500 || response.status === 408 || response.status === 429;
    return { reason: `the receiver answered ${response.status}`, retryable };
  } catch (error) {
    return { reason: reasonOf(error), retryable: true };
  }
}

/** Without the address, which may be secret. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it failed';
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : null;
  return code ?? error.name;
}
