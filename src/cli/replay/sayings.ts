import { type UserMessage } from '../../protocol/conversation.ts';
import { type Recording } from '../../protocol/recording.ts';
import { type ModelRequestEvent, type RunnerEvent } from '../../protocol/runner-event.ts';

/** One event as it is compared. */
export interface Saying {
  /** The event's type. */
  readonly kind: RunnerEvent['type'];
  /** Sayings of one stream follow each other; those of different ones may come in any order. */
  readonly stream: string;
  readonly parts: readonly Part[];
}

export interface Part {
  /** What it is, for people. */
  readonly name: string;
  readonly text: string;
  /** Printed by a command: then times and the like do not count. */
  readonly isPrinted: boolean;
}

/** A call of a tool by the model, known by its conversation and id. */
type ToolUses = ReadonlyMap<string, { readonly name: string; readonly about: string }>;

/** What a runner said, in comparable pieces. `recording` tells which tool each result belongs to. */
export function sayingsOf(
  events: readonly RunnerEvent[],
  { modelCalls }: Pick<Recording, 'modelCalls'>,
): readonly Saying[] {
  const uses: ToolUses = new Map(
    modelCalls.flatMap(({ requestId, reply }) =>
      reply.message.content.flatMap((block) =>
        block.type === 'tool_use'
          ? [
              [
                `${conversationOf(requestId)} ${block.id}`,
                { name: block.name, about: aboutOf(block.input) },
              ] as const,
            ]
          : [],
      ),
    ),
  );
  return events.flatMap((event) => {
    const saying = sayingOf(event, uses);
    return saying === null ? [] : [{ kind: event.type, ...saying }];
  });
}

const conversationOf = (requestId: string): string => requestId.slice(0, requestId.lastIndexOf('/'));

function aboutOf(input: unknown): string {
  if (typeof input !== 'object' || input === null) return '';
  const [about] = ['path', 'command', 'pattern'].flatMap((key) => {
    const value: unknown = Reflect.get(input, key);
    return typeof value === 'string' ? [value] : [];
  });
  return about === undefined ? '' : ` ${about}`;
}

function sayingOf(event: RunnerEvent, uses: ToolUses): Omit<Saying, 'kind'> | null {
  const of = event.subtask === undefined ? '' : ` of subtask ${event.subtask}`;
  if (isPlain(event)) return plainSaying(event, of);
  switch (event.type) {
    case 'runner.finished':
      return null;
    case 'phase':
      // Some go on beside others: only how often each is entered can be compared.
      return { stream: `phase ${event.phase}${of}`, parts: [] };
    case 'command':
      return {
        stream: `${event.purpose} command on ${event.tree}${of}: ${event.command}`,
        parts: [
          said('exit', event.end.limit ?? `exit ${event.end.exitCode}`),
          printed('output', event.end.output),
        ],
      };
    case 'model.request':
      return { stream: `model request ${event.requestId}`, parts: requestParts(event, uses) };
    case 'tool':
      return {
        stream: `tools${of}`,
        parts: [
          said('tool', `${event.name} ${event.ok ? 'ok' : 'failed'}`),
          printed('summary', event.summary),
        ],
      };
    case 'subtask.state':
      return { stream: `states${of}`, parts: [printed('state', `${event.state}: ${event.detail}`)] };
  }
}

const PLAIN = [
  'runner.started',
  'checks.found',
  'patch',
  'validation',
  'attempt',
  'plan',
  'subtask.worked',
  'note',
] as const;
type PlainEvent = Extract<RunnerEvent, { type: (typeof PLAIN)[number] }>;

const isPlain = (event: RunnerEvent): event is PlainEvent => PLAIN.some((type) => type === event.type);

function plainSaying(event: PlainEvent, of: string): Omit<Saying, 'kind'> {
  switch (event.type) {
    case 'runner.started':
      return { stream: 'runner', parts: [said('isolation', event.isolation)] };
    case 'checks.found':
      return {
        stream: `checks${of}`,
        parts: [said('checks', json({ setup: event.setup, checks: event.checks }))],
      };
    case 'patch':
      return {
        stream: `patches${of}`,
        parts: [said('patch', `${event.applied ? 'applied' : 'refused'}: ${event.detail}`)],
      };
    case 'validation':
      return {
        stream: `validation${of}`,
        parts: [printed('stage', `${event.stage} ${event.state}: ${event.detail}`)],
      };
    case 'attempt':
      return { stream: `attempts${of}`, parts: [said('verdict', `${event.attempt}: ${event.verdict}`)] };
    case 'plan':
      return { stream: 'plan', parts: [said('plan', json(event.plan))] };
    case 'subtask.worked':
      return {
        stream: `work${of}`,
        parts: [
          said('way', event.redo ? 'redone' : 'done'),
          said('output', event.output),
          said('change', event.change),
        ],
      };
    case 'note':
      return { stream: `notes${of}`, parts: [printed('note', event.text)] };
  }
}

function requestParts(event: ModelRequestEvent, uses: ToolUses): readonly Part[] {
  const { system, tools, escalation, append, requestId, conversationId } = event;
  const isOpening = requestId.endsWith('/1');
  return [
    said('escalation', String(escalation)),
    ...(system === null ? [] : [said('system prompt', system)]),
    ...(tools === null ? [] : [said('tools', json(tools))]),
    ...append.content.map((block) =>
      blockPart(block, isOpening, (id) => uses.get(`${conversationId} ${id}`)),
    ),
  ];
}

/** Tools that answer with what stands in the repository; the others may run commands. */
const READING: ReadonlySet<string> = new Set(['read_file', 'search', 'list_files']);

function blockPart(
  block: UserMessage['content'][number],
  isOpening: boolean,
  useOf: (id: string) => { readonly name: string; readonly about: string } | undefined,
): Part {
  if (block.type === 'text') return { name: 'message', text: block.text, isPrinted: !isOpening };
  const use = useOf(block.toolUseId);
  return {
    name: `answer of ${use?.name ?? 'a tool'}${use?.about ?? ''}`,
    text: block.text,
    isPrinted: use === undefined || !READING.has(use.name),
  };
}

const said = (name: string, text: string): Part => ({ name, text, isPrinted: false });

const printed = (name: string, text: string): Part => ({ name, text, isPrinted: true });

const json = (value: unknown): string => JSON.stringify(value, null, 1);
