import { type AskedModels, type PaidReply } from '../asking/ask-in-turn.ts';
import { type Problem } from '../domain/errors.ts';
import { type Plan } from '../domain/plan.ts';
import { type RepositorySettings } from '../domain/repository-settings.ts';
import { type Outcome, type Phase, type Run, type Spending } from '../domain/run.ts';
import { type RepositoryRef, type Subject } from '../domain/trigger.ts';
import { type StandaloneState, type WorkspaceNews } from '../domain/workspace-news.ts';
import { type ModelChoice } from '../protocol/conversation.ts';
import { type DeadWebhook } from '../protocol/dead-webhooks.ts';
import { type InboxMessage } from '../protocol/inbox-message.ts';
import { type WebhookType } from '../protocol/outgoing-webhook.ts';
import { type RunnerEvent } from '../protocol/runner-event.ts';
import { type RunnerJob } from '../protocol/runner-job.ts';
import { type ChangedFile, type RunnerResult } from '../protocol/runner-result.ts';
import { type RunRequest, type RunStatus } from '../protocol/runs-api.ts';
import { type ExecutionStore } from './executions/ports.ts';

/** Where on the forge something happens, with the installation that is allowed to. */
export interface Place {
  readonly installationId: number;
  readonly repository: RepositoryRef;
}

/**
 * The forge. Every method finds before it creates, so that calling it again after a crash changes nothing.
 * All reject with PtcError; `retryable` says whether GitHub may answer differently later.
 */
export interface Forge {
  /** The numeric account id of our own App's bot user and its login. */
  identity(): Promise<{ readonly id: number; readonly login: string }>;
  /** The repository `owner/name`; null when the App may not work on it, or it takes no changes. */
  repository(fullName: string): Promise<Place | null>;
  /** What the person may do in the repository: 'none' also for strangers. */
  permissionOf(
    place: Place,
    login: string,
  ): Promise<'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none'>;
  pullRequest(place: Place, number: number): Promise<PullRequestInfo>;
  /** Text of `.github/ptc.yml` on the default branch, null without one. */
  settingsText(place: Place): Promise<string | null>;
  /** The repository's pull request template, null without one. */
  pullRequestTemplate(place: Place): Promise<string | null>;
  branchHead(place: Place, branch: string): Promise<string | null>;
  /** Text of the file at the commit, null when it is absent, binary or too large to be shown. */
  fileAt(place: Place, commitSha: string, path: string): Promise<string | null>;
  /** A token that can read this one repository's contents and nothing else. */
  cloneToken(place: Place): Promise<{ readonly token: string; readonly expiresAt: string }>;
  /** A token that can write this one repository's contents and pull requests and nothing else. */
  workToken(place: Place): Promise<{ readonly token: string; readonly expiresAt: string }>;
  /** 👀 on the comment, or on the issue itself for a label. */
  react(place: Place, on: { readonly commentId: number } | { readonly issue: number }): Promise<void>;
  /**
   * The one comment on the subject that carries `marker` (a hidden HTML comment) and was written by our App:
   * created when absent, edited when its text differs. Resolves to its id; `knownId` saves the search.
   */
  putComment(place: Place, comment: CommentDraft): Promise<number>;
  /** The run's finished check run on `headSha`, found by its external id before it is created. */
  putCheckRun(place: Place, check: CheckRunDraft): Promise<number>;
  /**
   * The change as one commit signed by GitHub, on its branch. Returns the run's commit when it is there
   * already. A new branch whose name is taken by something else gets a numbered name; a branch to be updated
   * that has moved is the error `branch-moved`.
   */
  commit(place: Place, draft: CommitDraft): Promise<{ readonly branch: string; readonly commitSha: string }>;
  /** The open pull request from the branch, created when there is none. */
  openPullRequest(
    place: Place,
    draft: PullRequestDraft,
  ): Promise<{ readonly number: number; readonly url: string; readonly draft: boolean }>;
}

export interface PullRequestInfo {
  readonly number: number;
  readonly url: string;
  readonly state: 'open' | 'closed';
  readonly draft: boolean;
  readonly headBranch: string;
  readonly headSha: string;
  readonly baseBranch: string;
  /** True when the head lies in another repository, a deleted one included. */
  readonly fromFork: boolean;
  /** True when our App opened it on a branch of ours. */
  readonly ours: boolean;
}

export interface CommentDraft {
  readonly subjectNumber: number;
  readonly marker: string;
  readonly body: string;
  readonly knownId: number | null;
}

export interface CheckRunDraft {
  readonly externalId: string;
  readonly headSha: string;
  readonly conclusion: 'success' | 'neutral' | 'failure' | 'cancelled';
  readonly title: string;
  readonly summary: string;
  readonly detailsUrl: string | null;
}

export interface CommitDraft {
  readonly runId: string;
  readonly mode: 'new-branch' | 'existing-branch';
  readonly branch: string;
  readonly baseSha: string;
  readonly files: readonly ChangedFile[];
  /** Whole commit message; its trailers name the run and whoever asked. */
  readonly message: string;
}

export interface PullRequestDraft {
  readonly headBranch: string;
  readonly baseBranch: string;
  readonly title: string;
  readonly body: string;
  readonly draft: boolean;
}

/** One workspace: a folder somewhere, reachable through files alone. Paths are relative to its root. */
export interface Workspace {
  readonly runId: string;
  /** Starts the runner on the job, unless it has been started before. */
  startRunner(job: RunnerJob, signal: AbortSignal): Promise<void>;
  /**
   * Starts the runner standing alone with these variables of the template, unless a runner has been started
   * before. They are in no file that stays, no command and no process's environment.
   */
  startStandalone(variables: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void>;
  /**
   * `not-started`, `running`, or `exited`; an exited runner without a result died. Whoever goes on asking keeps the
   * workspace from being taken for idle.
   */
  runnerState(): Promise<'not-started' | 'running' | 'exited'>;
  /** Bytes of the file from `offset` on as they are now; empty when there are none yet. */
  readFrom(path: string, offset: number): Promise<Uint8Array>;
  /** The whole file, null when absent; longer than `maxBytes` is an error. */
  read(path: string, maxBytes: number): Promise<Uint8Array | null>;
  /** Writes by rename, so that a reader sees all of it or nothing. */
  write(path: string, content: string): Promise<void>;
  /** Resolves when the file may have grown, or after a while anyway. */
  changed(path: string, signal: AbortSignal): Promise<void>;
}

export interface WorkspaceProvider {
  readonly kind: 'local' | 'daytona';
  /** The run's workspace, created when there is none. */
  ensure(run: Run, signal: AbortSignal): Promise<Workspace>;
  find(runId: string): Promise<Workspace | null>;
  /** Ends everything in it and removes it for certain; absent is fine. */
  remove(runId: string): Promise<void>;
  /** Run ids of all workspaces there are, ours alone. */
  list(): Promise<readonly string[]>;
}

/** The job of one workspace, seen from the app: files in, files out. */
export interface Mailbox {
  /**
   * Events after `position`, each once and in order, those that came together as one, until `runner.finished` or the
   * runner's death.
   */
  follow(position: FollowPosition, signal: AbortSignal): AsyncIterable<readonly ReceivedEvent[]>;
  /** Puts a message into the inbox; `key` makes a repeated put replace itself, unless the app was started again. */
  put(key: string, message: InboxMessage): Promise<void>;
  result(): Promise<RunnerResult>;
}

/** The last event stored and the byte behind its line. */
export interface FollowPosition {
  readonly seq: number;
  readonly offset: number;
}

export interface ReceivedEvent {
  readonly event: RunnerEvent;
  /** Position behind this event, to go on from. */
  readonly position: FollowPosition;
}

/** Somebody else's planner, which the operator named. */
export interface Planner {
  /** Rejects with PtcError when there is no answer, or one that is no plan. */
  plan(
    question: { readonly goal: string; readonly context: string | null },
    signal: AbortSignal,
  ): Promise<Plan>;
}

/** The providers, behind one door. */
export interface Models extends AskedModels {
  /**
   * The operator's models in the order of preference; never empty. Names are `provider:model`, or a provider for
   * all of its models.
   */
  choose(preferred: readonly string[] | null): readonly ModelChoice[];
}

/**
 * A paid answer. The one to a request may have refusals before it, answers of models that would not do it:
 * they are stored for the bill, their `stopReason` is `refusal`, and they are never told to the runner.
 */
export interface StoredModelCall extends PaidReply {
  readonly requestId: string;
}

export interface StoredRun {
  readonly run: Run;
  readonly phase: Phase;
  readonly cancelRequestedBy: string | null;
  readonly outcome: Outcome | null;
  /** What went another way than asked for without ending the run, in words. */
  readonly warnings: readonly string[];
  /** Ids on the forge, once known. */
  readonly commentId: number | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

/** How far a run has come: two that are equal have nothing new between them. */
export interface RunHead {
  readonly runId: string;
  /** Number of the last event that is stored. */
  readonly seq: number;
  readonly phase: Phase;
  readonly isFinished: boolean;
}

/** Which runs are listed; null is all of them. */
export interface RunFilter {
  readonly before: string | null;
  readonly status: RunStatus | null;
}

/** What is remembered of runs. Each method is one transaction and safe to repeat. */
export interface RunStore {
  /** `created`, or why not: the run is there already, or another run of the subject is active. */
  create(run: Run): Promise<'created' | 'exists' | 'subject-busy'>;
  get(runId: string): Promise<StoredRun | null>;
  /** Newest first, active ones before finished ones. */
  ofSubject(repositoryId: number, subject: Pick<Subject, 'number'>): Promise<StoredRun | null>;
  /** Newest first; `before` is the id of the run that the page begins after. */
  list(limit: number, filter?: RunFilter): Promise<readonly StoredRun[]>;
  /** How far the runs have come; those that are unknown are left out. */
  heads(runIds: readonly string[]): Promise<readonly RunHead[]>;
  /** Ids of runs that nothing was done for yet. */
  queued(): Promise<readonly string[]>;
  /** The same words again change nothing. */
  addWarning(runId: string, words: string): Promise<void>;
  /** Resolves to null, or, where somebody has asked for the run to be cancelled, to who: then the phase stays. */
  enterPhase(runId: string, phase: Phase): Promise<string | null>;
  setCommentId(runId: string, commentId: number): Promise<void>;
  requestCancel(runId: string, by: string): Promise<void>;
  /** Whoever asked for an unfinished run to be cancelled, null so far; cheap to ask again and again. */
  cancelRequestedBy(runId: string): Promise<string | null>;
  finish(runId: string, outcome: Outcome): Promise<void>;
  /** The job as the runner is told it: with it the run can be done again. */
  saveJob(runId: string, job: RunnerJob): Promise<void>;
  job(runId: string): Promise<RunnerJob | null>;
  saveResult(runId: string, result: RunnerResult): Promise<void>;
  result(runId: string): Promise<RunnerResult | null>;
  /** Appends what is not stored yet, and the position behind it. */
  appendEvents(runId: string, received: readonly ReceivedEvent[]): Promise<void>;
  position(runId: string): Promise<FollowPosition>;
  /** Another workspace begins another file of events, whose numbers go on: its first byte is the next to be read. */
  readFromStart(runId: string): Promise<void>;
  events(runId: string, afterSeq: number): Promise<readonly RunnerEvent[]>;
  /** Stores a paid answer before anybody is told of it. */
  saveModelCall(runId: string, call: StoredModelCall): Promise<void>;
  modelCalls(runId: string): Promise<readonly StoredModelCall[]>;
  spending(runId: string): Promise<Spending>;
}

/** What is remembered of runs whose workspaces stand alone. Each method is one transaction and safe to repeat. */
export interface StandaloneRuns {
  /**
   * From now on webhooks of the run come with the secret of this SHA-256 (hex), and none with an earlier one;
   * nothing was heard yet.
   */
  expect(runId: string, secretHash: string): Promise<void>;
  /** Null for a run that nothing is expected of. */
  secretHash(runId: string): Promise<string | null>;
  state(runId: string): Promise<StandaloneState | null>;
  hear(runId: string, news: WorkspaceNews): Promise<void>;
}

/** What the operator says to workspaces that stand alone. */
export interface StandaloneSettings {
  /** Where they post to, without a query. */
  readonly webhooksUrl: string;
  /** Of the forge's REST API. */
  readonly forgeUrl: string;
  /** Names the model, with the key of its provider; null for one that the template does not know. */
  variablesFor(model: ModelChoice): Readonly<Record<string, string>> | null;
}

/** What is remembered of a run while its job is followed. */
export type JobStore = Pick<
  RunStore,
  | 'get'
  | 'cancelRequestedBy'
  | 'events'
  | 'appendEvents'
  | 'position'
  | 'modelCalls'
  | 'saveModelCall'
  | 'spending'
  | 'saveResult'
>;

/** An event of a run on its way to the receivers that want it. */
export interface OutgoingWebhook {
  /** Stable over retries, and the same for every receiver. */
  readonly id: string;
  readonly runId: string;
  readonly type: WebhookType;
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface WebhookOutbox {
  /**
   * Stores the event for delivery to the operator's receivers and, if the run has one, its callback; the same id
   * again changes nothing.
   */
  enqueue(event: OutgoingWebhook, callbackUrl: string | null): Promise<void>;
}

/** What no receiver took. */
export interface DeadWebhooks {
  /** At most `limit`, the latest first. */
  list(limit: number): Promise<readonly DeadWebhook[]>;
  /** Makes the event due again for every receiver that never took it; resolves to how many those are. */
  resend(id: string): Promise<number>;
}

/** Takes what is asked for through the API. Every method rejects with PtcError. */
export interface RunIntake {
  /**
   * Takes a run and resolves once it cannot be lost any more. With a key the same request made again is the same
   * run.
   * @throws PtcError `plan-…`, `callback-refused`, `model-not-offered`, `repository-unknown`,
   * `base-branch-missing`, `idempotency-conflict` for another request under the same key
   */
  create(request: RunRequest, idempotencyKey: string | null): Promise<StoredRun>;
  /** Asks the run to end; again is harmless. @throws PtcError `run-unknown`, `run-finished` */
  cancel(runId: string): Promise<StoredRun>;
  /** Takes the same work once more, as a new run. @throws PtcError `run-unknown`, `run-active`, `subject-busy` */
  retry(runId: string): Promise<StoredRun>;
}

/** Settings of the operator that decide how runs go. */
export interface RunPolicy {
  readonly budgetUsd: number;
  readonly maxModelRequests: number;
  readonly maxOutputTokens: number;
  /** So many red attempts a model has before the next one in order is asked. */
  readonly escalateAfter: number;
  readonly job: Pick<RunnerJob, 'limits' | 'isolation' | 'mode'>;
  /** Address people reach the run pages at, without a trailing slash; null when there is none. */
  readonly publicUrl: string | null;
}

export interface Log {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** All a run reaches the world through. */
export interface Ports {
  readonly forge: Forge;
  readonly workspaces: WorkspaceProvider;
  readonly openMailbox: (workspace: Workspace) => Mailbox;
  readonly models: Models;
  /** Null where the runner makes the plans. */
  readonly planner: Planner | null;
  readonly store: RunStore;
  readonly executions: ExecutionStore;
  readonly standaloneRuns: StandaloneRuns;
  /** Null where the app follows every run. */
  readonly standalone: StandaloneSettings | null;
  readonly outbox: WebhookOutbox;
  readonly policy: RunPolicy;
  readonly log: Log;
  readonly parseSettings: (text: string) => RepositorySettings | Problem;
  /** Aborted when this process is to end: steps then stop without an outcome and are taken up again later. */
  readonly stopping: AbortSignal;
  /** Keeps a process that is to end alive until what is being paid for has been stored. */
  readonly finishFirst: <T>(work: Promise<T>) => Promise<T>;
}
