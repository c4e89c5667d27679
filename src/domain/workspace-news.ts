import * as z from 'zod';

const MAX_TEXT_CHARS = 10_000;
const MAX_MESSAGES = 200;
const MAX_MESSAGE_CHARS = 300;

const text = z.string().max(MAX_TEXT_CHARS);

/** The body of a webhook that a workspace standing alone posts; what there is not is empty. */
export const WorkspaceNews = z
  .object({
    type: z.enum([
      'workspace.created',
      'workspace.status',
      'task.progress',
      'pr.created',
      'task.completed',
      'task.failed',
    ]),
    taskId: text,
    workspaceId: text,
    branchName: text,
    prUrl: text,
    status: text,
    error: text,
    message: text,
  })
  .readonly();
export type WorkspaceNews = z.infer<typeof WorkspaceNews>;

/** How far a workspace that stands alone has come, by what it said itself. */
export interface StandaloneState {
  /** What it did, oldest first, each once, in its own words. */
  readonly messages: readonly string[];
  /** Of the pull request it says it opened. */
  readonly pullRequestUrl: string | null;
  /** Null while it is at work; after that nothing it says changes anything. */
  readonly end: { readonly status: 'success' | 'failed'; readonly error: string } | null;
}

export const NOTHING_HEARD: StandaloneState = { messages: [], pullRequestUrl: null, end: null };

/** The state once this was heard too; the same one when it says nothing new. */
export function afterNews(state: StandaloneState, news: WorkspaceNews): StandaloneState {
  if (state.end !== null) return state;
  const pullRequestUrl = news.prUrl || state.pullRequestUrl;
  switch (news.type) {
    case 'workspace.created':
    case 'workspace.status':
      return state;
    case 'task.progress':
      return withMessage(state, news.message.slice(0, MAX_MESSAGE_CHARS));
    case 'pr.created':
      return { ...state, pullRequestUrl };
    case 'task.completed':
      return { ...state, pullRequestUrl, end: { status: 'success', error: '' } };
    case 'task.failed':
      return { ...state, pullRequestUrl, end: { status: 'failed', error: news.error } };
  }
}

function withMessage(state: StandaloneState, message: string): StandaloneState {
  const { messages } = state;
  const isNew = message !== '' && !messages.includes(message) && messages.length < MAX_MESSAGES;
  return isNew ? { ...state, messages: [...messages, message] } : state;
}
