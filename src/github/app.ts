import { createProbot } from 'probot';
import { PtcError } from '../domain/errors.ts';
import { type Log } from '../run/ports.ts';
import { type GitHubClient, octokitClass } from './octokit.ts';
import { probotLog } from './probot-log.ts';
import { type NodeMiddleware, type OnDelivery, webhookMiddleware } from './webhook.ts';

const DEFAULT_BASE_URL = 'https://api.github.com';
const REQUEST_TIMEOUT_MS = 30_000;
/** Behind nine seconds Probot says 202, which GitHub takes for success. */
const ANSWER_WITHIN_MS = 8000;

export interface GitHubAppOptions {
  readonly appId: number;
  /** PEM. */
  readonly privateKey: string;
  readonly webhookSecret: string;
  /** Root of the REST API, without a trailing slash; GitHub's own by default. */
  readonly baseUrl?: string;
  /** Keeps a second between writes, as GitHub asks. Off in tests and benchmarks only. */
  readonly writeSpacing: boolean;
  /** Most a request may take, its answer read; 30 s by default. */
  readonly requestTimeoutMs?: number;
  /** Most a delivery may take to be stored before GitHub hears that it failed; 8 s by default. */
  readonly answerWithinMs?: number;
  readonly log: Log;
}

export interface GitHubApp {
  readonly appId: number;
  /** Acts as the App itself. */
  readonly appOctokit: GitHubClient;
  /** Acts as the installation. Clients of one installation share the pauses between writes and the token. */
  readonly octokitFor: (installationId: number) => Promise<GitHubClient>;
  /** Takes the webhooks; see `webhookMiddleware`. */
  readonly webhookMiddleware: (onDelivery: OnDelivery) => Promise<NodeMiddleware>;
  /** Aborted by `close`. */
  readonly signal: AbortSignal;
  /** Ends every request under way, with the error `github-closed`, and refuses new ones. */
  readonly close: () => void;
}

/**
 * The App's connection to GitHub, on Probot. Nothing of it is read from the environment. Rejects with
 * `webhook-secret-missing` without a secret, which Probot would replace by a word everybody knows.
 */
export async function createGitHubApp(options: GitHubAppOptions): Promise<GitHubApp> {
  const { appId, privateKey, webhookSecret, baseUrl = DEFAULT_BASE_URL, writeSpacing, log } = options;
  if (webhookSecret.trim() === '') throw secretMissing();
  const closing = new AbortController();
  const { signal } = closing;
  const Octokit = octokitClass({
    writeSpacing,
    requestTimeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    signal,
  });
  const probot = createProbot({
    env: {},
    overrides: { appId, privateKey, secret: webhookSecret, baseUrl, Octokit, log: probotLog(log) },
  });
  return {
    appId,
    appOctokit: await probot.auth(),
    octokitFor: (installationId) => probot.auth(installationId),
    webhookMiddleware: (onDelivery) =>
      webhookMiddleware(probot, onDelivery, options.answerWithinMs ?? ANSWER_WITHIN_MS),
    signal,
    close: () => closing.abort(closed()),
  };
}

const secretMissing = (): PtcError =>
  new PtcError({
    code: 'webhook-secret-missing',
    message: 'No webhook secret is set, so anybody could send us webhooks.',
    remedy: 'Set WEBHOOK_SECRET to the secret of the GitHub App’s webhook, then start again.',
    retryable: false,
  });

const closed = (): PtcError =>
  new PtcError({
    code: 'github-closed',
    message: 'PTC Bot is stopping and has ended its requests to GitHub.',
    remedy: 'Nothing to do: the run goes on when PTC Bot starts again.',
    retryable: true,
  });
