import { join } from 'node:path';
import { PtcError } from '../domain/errors.ts';
import { type Agent, createAgent } from './agent.ts';
import { type AgentCommands, openAgentCommands } from './agent-commands.ts';
import { type CheckPlace } from './checks/check-place.ts';
import { type FoundChecks } from './checks/check.ts';
import { readSources } from './checks/sources/read-sources.ts';
import { findBrought } from './checks/validation/find-brought.ts';
import { type Ground } from './ground.ts';
import { personMessage, systemPrompt } from './prompt.ts';
import { type Session } from './session.ts';
import { openTestsFirst } from './tests-first.ts';
import { openPatchDesk, type PatchDesk } from './tools/apply-patch.ts';
import { type Summary } from './tools/finish.ts';
import { listFilesTool } from './tools/list-files.ts';
import { readFileTool } from './tools/read-file.ts';
import { runCommandTool } from './tools/run-command.ts';
import { searchTool } from './tools/search.ts';
import { type Tool } from './tools/tool.ts';
import { type WorkTree } from './work-tree.ts';

export interface AgentPost {
  readonly conversationId: string;
  readonly work: WorkTree;
  /** The first message, fenced. */
  readonly opening: string;
  /**
   * `change`: nothing changed is sent back once and then ends the work. `maybe`: it may hand in no change.
   * `answer`: it only looks, and answers with text.
   */
  readonly task: 'change' | 'maybe' | 'answer';
}

export interface StartedAgent {
  readonly agent: Agent;
  readonly commands: AgentCommands;
}

/** An agent in a tree of its own, with its tools and its first message. */
export async function startAgent(session: Session, ground: Ground, post: AgentPost): Promise<StartedAgent> {
  const { job, folder, inbox, fence, emit, signal } = session;
  const { work } = post;
  const startTree = await work.snapshot(signal);
  const commands = openAgentCommands({
    work,
    find: (place, changed) => findSetUp(session, ground, work, { place, changed }),
    commands: session.commands,
    reports: join(folder.root, 'reports'),
    setupTimeoutMs: job.limits.checkTimeoutMs,
    commandTimeoutMs: job.limits.commandTimeoutMs,
    setUps: session.setUps,
    emit,
    signal,
  });
  const runs = job.acceptance !== 'as-is';
  const onApplied = openTestsFirst({
    work,
    startTree,
    found: ground.found,
    commands,
    fence,
    signal,
    sawFailing: (key) => void session.failedFirst.add(key),
  });
  const desk = openPatchDesk(work, fence, emit, runs ? onApplied : undefined);
  const looking: readonly Tool[] = [
    readFileTool(work.path, fence),
    searchTool(work, fence, signal),
    listFilesTool(work, fence, signal),
    ...(runs ? [runCommandTool(commands.run, fence)] : []),
  ];
  const changes = post.task !== 'answer';
  const read = inbox.readMessages();
  const agent = createAgent({
    ask: session.ask,
    conversationId: post.conversationId,
    system: systemPrompt(),
    opening: post.opening,
    tools: changes ? [...looking, desk.tool] : looking,
    applyAnswer: changes ? desk.applyAnswer : () => Promise.resolve(null),
    notReady: notReady({ ...post, startTree, desk, signal }),
    takeMessages: () => read().map((message) => personMessage(message, fence)),
    maxTurns: job.limits.turns,
    emit,
    signal,
  });
  return { agent, commands };
}

interface Look {
  readonly place: CheckPlace;
  readonly changed: readonly string[];
}

/** What the agent's tree is set up with: what the base has, or, where changes bring their checks, what is there now. */
async function findSetUp(
  { job, signal }: Session,
  { found }: Ground,
  work: WorkTree,
  { place, changed }: Look,
): Promise<FoundChecks> {
  if (job.acceptance !== 'validation') return found;
  const files = await work.trackedFiles(signal);
  const present = changed.filter((path) => files.includes(path));
  const sources = await readSources(present, place);
  return (await findBrought({ tree: work.path, files, changed, sources }, job)).found;
}

interface Readiness extends AgentPost {
  readonly startTree: string;
  readonly desk: PatchDesk;
  readonly signal: AbortSignal;
}

/** Why a change cannot be handed in, null when it can. */
function notReady({
  work,
  task,
  startTree,
  desk,
  signal,
}: Readiness): (summary: Summary) => Promise<string | null> {
  let saidNothingChanged = false;
  return async (summary) => {
    const held = desk.heldHunks();
    if (held > 0)
      return `${held} hunks of a refused patch are held. Send the corrected ones, or apply_patch with forget_held.`;
    if (task !== 'change' || (await work.snapshot(signal)) !== startTree) return null;
    if (saidNothingChanged) throw nothingChanged(summary);
    saidNothingChanged = true;
    return 'Nothing is changed yet. Make the change with apply_patch; call finish again only if there is nothing to change, and say why.';
  };
}

const nothingChanged = ({ title, body }: Summary): PtcError =>
  new PtcError({
    code: 'nothing-changed',
    message: `The agent changed nothing. It says: ${title}${body === '' ? '' : ` — ${body.slice(0, 1000)}`}`,
    remedy: 'Say more about what is wanted: `/ptc build <words>`.',
    retryable: false,
  });
