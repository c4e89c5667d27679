import { join } from 'node:path';
import { PtcError } from '../domain/errors.ts';
import { type Agent, createAgent } from './agent.ts';
import { openAgentCommands } from './agent-commands.ts';
import { type FoundChecks } from './checks/check.ts';
import { readGuide } from './guide.ts';
import { openingMessage, personMessage, systemPrompt } from './prompt.ts';
import { type Repository } from './repository.ts';
import { type Session } from './session.ts';
import { openPatchDesk } from './tools/apply-patch.ts';
import { type Summary } from './tools/finish.ts';
import { listFilesTool } from './tools/list-files.ts';
import { readFileTool } from './tools/read-file.ts';
import { runCommandTool } from './tools/run-command.ts';
import { searchTool } from './tools/search.ts';
import { type WorkTree } from './work-tree.ts';

export interface AgentGround {
  readonly repository: Repository;
  readonly work: WorkTree;
  readonly found: FoundChecks;
}

/** The agent in its tree, with its tools and its first message. */
export async function startAgent(
  session: Session,
  { repository, work, found }: AgentGround,
): Promise<{ readonly agent: Agent; readonly byProducts: () => Promise<readonly string[]> }> {
  const { job, folder, commands, inbox, fence, emit, signal } = session;
  const desk = openPatchDesk(work, fence, emit);
  const agentCommands = openAgentCommands({
    work,
    setup: found.setup,
    commands,
    reports: join(folder.root, 'reports'),
    setupTimeoutMs: job.limits.checkTimeoutMs,
    commandTimeoutMs: job.limits.commandTimeoutMs,
    emit,
    signal,
  });
  const briefing = {
    repository: job.repository.fullName,
    task: job.task,
    guide: await readGuide(work.path),
    files: await work.trackedFiles(signal),
    found,
  };
  const agent = createAgent({
    ask: session.ask,
    conversationId: 'work',
    system: systemPrompt(),
    opening: openingMessage(briefing, fence),
    tools: [
      readFileTool(work.path, fence),
      searchTool(work, fence, signal),
      listFilesTool(work, fence, signal),
      runCommandTool(agentCommands.run, fence),
      desk.tool,
    ],
    applyAnswer: desk.applyAnswer,
    notReady: notReady(repository, work, desk.heldHunks, signal),
    takeMessages: () => inbox.takeMessages().map((message) => personMessage(message, fence)),
    maxTurns: job.limits.turns,
    emit,
    signal,
  });
  return { agent, byProducts: agentCommands.byProducts };
}

/** Why a change cannot be handed in. A change of nothing is sent back once and then ends the run. */
function notReady(
  repository: Repository,
  work: WorkTree,
  heldHunks: () => number,
  signal: AbortSignal,
): (summary: Summary) => Promise<string | null> {
  let saidNothingChanged = false;
  return async (summary) => {
    if (heldHunks() > 0)
      return `${heldHunks()} hunks of a refused patch are held. Send the corrected ones, or apply_patch with forget_held.`;
    if ((await work.snapshot(signal)) !== (await repository.baseTree(signal))) return null;
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
