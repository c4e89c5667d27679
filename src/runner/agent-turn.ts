import { type ModelReply, type UserMessage } from '../protocol/conversation.ts';
import { type Emit } from './events.ts';
import { FINISH, Summary } from './tools/finish.ts';
import { misuse, type Tool, type ToolAnswer, unusableInput } from './tools/tool.ts';

/** For people, who read it as one line. */
const MAX_SUMMARY_LENGTH = 300;

export type UserBlock = UserMessage['content'][number];
type ToolUse = Extract<ModelReply['message']['content'][number], { type: 'tool_use' }>;

export interface TurnSetup {
  readonly tools: ReadonlyMap<string, Tool>;
  /** Takes a plain answer for a patch; null when there is no diff in it. */
  readonly applyAnswer: (text: string, truncated: boolean) => Promise<ToolAnswer | null>;
  /** Why the change cannot be handed in as it stands, null when it can. */
  readonly notReady: (summary: Summary) => Promise<string | null>;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

export interface Turn {
  readonly answers: readonly UserBlock[];
  /** Set when the change was handed in by this turn. */
  readonly summary: Summary | null;
  /** The call that handed it in; null when that was said in plain text. */
  readonly finishCallId: string | null;
  readonly useful: boolean;
}

/** Does what one reply of the model says, and gathers what is to be answered. */
export async function takeTurn(reply: ModelReply, setup: TurnSetup): Promise<Turn> {
  const calls = reply.message.content.filter((block) => block.type === 'tool_use');
  const truncated = reply.stopReason === 'max_tokens';
  return calls.length === 0 ? takePlainAnswer(reply, truncated, setup) : takeCalls(calls, truncated, setup);
}

async function takeCalls(calls: readonly ToolUse[], truncated: boolean, setup: TurnSetup): Promise<Turn> {
  const isCut = (call: ToolUse): boolean => truncated && call === calls.at(-1); // what came before is whole
  const finish = calls.findLast((call) => call.name === FINISH.name);
  const done: { readonly call: ToolUse; readonly answer: ToolAnswer }[] = [];
  for (const call of calls.filter((each) => each !== finish)) {
    setup.signal.throwIfAborted();
    const answer =
      (await setup.tools.get(call.name)?.call(call.input, isCut(call))) ?? unknownTool(call, setup);
    report(setup.emit, call.name, answer);
    done.push({ call, answer });
  }
  const answers = done.map(({ call, answer }) => toolResult(call.id, answer.text, answer.isError));
  const useful = done.some(({ answer }) => answer.unusable !== true);
  if (finish === undefined) return { answers, summary: null, finishCallId: null, useful };

  const patchFailed = done.some(({ call, answer }) => call.name === 'apply_patch' && answer.isError);
  const { summary, answer } = await takeFinish(finish, isCut(finish), patchFailed, setup);
  report(setup.emit, FINISH.name, answer);
  if (summary !== null) return { answers, summary, finishCallId: finish.id, useful: true };
  const refused = toolResult(finish.id, answer.text, true);
  return {
    answers: [...answers, refused],
    summary,
    finishCallId: null,
    useful: useful || answer.unusable !== true,
  };
}

async function takeFinish(
  { input }: ToolUse,
  truncated: boolean,
  patchFailed: boolean,
  setup: TurnSetup,
): Promise<{ readonly summary: Summary | null; readonly answer: ToolAnswer }> {
  const parsed = Summary.safeParse(input);
  if (!parsed.success) return { summary: null, answer: unusableInput(FINISH.name, parsed.error, truncated) };
  const why = patchFailed ? 'A patch of the same reply was refused.' : await setup.notReady(parsed.data);
  if (why !== null) return { summary: null, answer: misuse(why) };
  return { summary: parsed.data, answer: { text: '', isError: false, summary: parsed.data.title } };
}

/** For models without tool calls: a diff is applied, `FINISH: <title>` hands in, all else is useless. */
async function takePlainAnswer(reply: ModelReply, truncated: boolean, setup: TurnSetup): Promise<Turn> {
  const said = reply.message.content
    .flatMap((block) => (block.type === 'text' ? [block.text] : []))
    .join('\n');
  const turn = { summary: null, finishCallId: null, useful: true };
  const answer = await setup.applyAnswer(said, truncated);
  if (answer !== null) {
    report(setup.emit, 'apply_patch', answer);
    return { ...turn, answers: [textBlock(answer.text)] };
  }
  const summary = plainFinish(said);
  if (summary === null) return { ...turn, answers: [textBlock(REMINDER)], useful: false };
  const why = await setup.notReady(summary);
  report(setup.emit, FINISH.name, { text: '', isError: why !== null, summary: why ?? summary.title });
  return why === null ? { ...turn, answers: [], summary } : { ...turn, answers: [textBlock(why)] };
}

const REMINDER =
  'That reply had neither a tool call nor a diff, so nothing was done. Call a tool; hand the change in with finish. If you cannot call tools, answer with a unified diff alone, and when all is done with a line `FINISH: <title>` followed by the description.';

function plainFinish(said: string): Summary | null {
  const found = /^FINISH:[ \t]*(.+)$([^]*)/m.exec(said);
  return Summary.safeParse({ title: found?.[1], body: found?.[2]?.trim() }).data ?? null;
}

export const textBlock = (said: string): UserBlock => ({ type: 'text', text: said });

export const toolResult = (toolUseId: string, said: string, isError: boolean): UserBlock => ({
  type: 'tool_result',
  toolUseId,
  text: said,
  isError,
});

const report = (emit: Emit, name: string, answer: ToolAnswer): void =>
  emit({ type: 'tool', name, summary: answer.summary.slice(0, MAX_SUMMARY_LENGTH), ok: !answer.isError });

function unknownTool({ name }: ToolUse, { tools }: TurnSetup): ToolAnswer {
  const known = [...tools.keys(), FINISH.name].join(', ');
  return { ...misuse(`There is no tool "${name}" to be called here. There are: ${known}.`), unusable: true };
}
