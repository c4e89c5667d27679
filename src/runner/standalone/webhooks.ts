import { setTimeout as sleep } from 'node:timers/promises';
import { type WorkspaceNews } from '../../domain/workspace-news.ts';
import { type Redact } from './redaction.ts';
import { type Whereabouts } from './variables.ts';

/** What a webhook says; all of it is text, and what there is not is empty. */
export interface WebhookNews {
  readonly type: WorkspaceNews['type'];
  readonly status: string;
  readonly branchName?: string;
  readonly prUrl?: string;
  readonly error?: string;
  readonly message?: string;
}

export interface Webhooks {
  /** Posts after everything that was said before. Never throws. */
  tell(news: WebhookNews): void;
  /** What is posted for the news. */
  bodyOf(news: WebhookNews): WorkspaceNews;
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

  const bodyOf = ({ type, status, ...rest }: WebhookNews): WorkspaceNews => {
    const shown = (text: string): string => redact(text).slice(0, MAX_TEXT_CHARS);
    return {
      type,
      taskId,
      workspaceId,
      branchName: shown(rest.branchName ?? branchName),
      prUrl: shown(rest.prUrl ?? ''),
      status,
      error: shown(rest.error ?? ''),
      message: shown(rest.message ?? ''),
    };
  };

  const deliver = async (url: string, news: WebhookNews): Promise<void> => {
    if (isDown && news.type === 'task.progress') return;
    const failure = await post(url, JSON.stringify(bodyOf(news)), patience);
    isDown = failure !== null;
    if (failure !== null) note(`The webhook ${news.type} could not be delivered: ${failure}`);
  };

  return {
    tell(news) {
      if (webhookUrl === null) return;
      last = last.then(() => deliver(webhookUrl, news)).catch((error: unknown) => note(String(error)));
    },
    bodyOf,
    settled: () => last,
  };
}

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
