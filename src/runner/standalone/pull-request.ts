import { setTimeout as sleep } from 'node:timers/promises';
import { Octokit } from '@octokit/rest';
import { PtcError } from '../../domain/errors.ts';
import { type TargetRepository } from './target-repository.ts';

const RETRY_DELAYS_MS = [1000, 4000];
const MOST_PAUSE_MS = 60_000;
const ANSWER_TIMEOUT_MS = 30_000;
const NO_DRAFTS_NOTE =
  '> [!WARNING]\n> This is a draft. This repository has no draft pull requests, so its title says it.\n\n';

export interface PullRequestDraft {
  readonly head: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
  readonly draft: boolean;
}

/**
 * The open pull request of the head branch, created when there is none. Resolves to its page.
 * @throws PtcError `pull-request-failed`
 */
export async function openPullRequest(
  target: TargetRepository,
  token: string,
  draft: PullRequestDraft,
  signal: AbortSignal,
): Promise<string> {
  const octokit = new Octokit({
    auth: token,
    baseUrl: target.apiUrl,
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    request: {
      fetch: (url: string, options: RequestInit) =>
        fetch(url, { ...options, signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]) }),
    },
  });
  for (let tried = 0; ; tried += 1) {
    try {
      return await findOrCreate(octokit, target, draft);
    } catch (error) {
      signal.throwIfAborted();
      const delayMs = RETRY_DELAYS_MS[tried];
      const pauseMs = delayMs === undefined ? null : pauseBefore(error, delayMs);
      if (pauseMs === null) throw failed(target, error);
      await sleep(pauseMs, undefined, { signal });
    }
  }
}

/** Looked for before each try: the answer to an earlier one may have been lost. */
async function findOrCreate(
  octokit: Octokit,
  { owner, name: repo }: TargetRepository,
  { head, base, title, body, draft }: PullRequestDraft,
): Promise<string> {
  const open = await octokit.rest.pulls.list({ owner, repo, state: 'open', head: `${owner}:${head}` });
  const found = open.data.find((each) => each.head.ref === head);
  if (found !== undefined) return found.html_url;
  try {
    const { data } = await octokit.rest.pulls.create({ owner, repo, head, base, title, body, draft });
    return data.html_url;
  } catch (error) {
    // Some repositories know no drafts; then the title has to say it.
    if (!draft || statusOf(error) !== 422) throw error;
    const plain = { title: `[Draft] ${title}`.slice(0, 256), body: (NO_DRAFTS_NOTE + body).slice(0, 65_536) };
    const { data } = await octokit.rest.pulls.create({ owner, repo, head, base, ...plain });
    return data.html_url;
  }
}

/** Null when another try cannot help. */
function pauseBefore(error: unknown, delayMs: number): number | null {
  const status = statusOf(error);
  if (status === null || status >= 500) return delayMs;
  const wanted = retryAfterMs(error);
  const isRateLimit = status === 429 || (status === 403 && wanted !== null);
  return isRateLimit && (wanted ?? 0) <= MOST_PAUSE_MS ? Math.max(delayMs, wanted ?? 0) : null;
}

function statusOf(error: unknown): number | null {
  const isAnswer = error instanceof Error && 'response' in error && error.response !== undefined;
  return isAnswer && 'status' in error && typeof error.status === 'number' ? error.status : null;
}

function retryAfterMs(error: unknown): number | null {
  if (!(error instanceof Error) || !('response' in error)) return null;
  const { response } = error;
  const headers =
    typeof response === 'object' && response !== null && 'headers' in response ? response.headers : null;
  const wanted =
    typeof headers === 'object' && headers !== null && 'retry-after' in headers
      ? headers['retry-after']
      : null;
  return wanted === null ? null : Number(wanted) * 1000;
}

const ignore = (): void => {};

const failed = ({ owner, name }: TargetRepository, cause: unknown): PtcError =>
  new PtcError(
    {
      code: 'pull-request-failed',
      message: `The branch is pushed, but no pull request could be opened in ${owner}/${name}: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy: 'Check that GITHUB_TOKEN may write pull requests, and GITHUB_API_URL; or open it by hand.',
      retryable: true,
    },
    { cause },
  );
