import { createHash } from 'node:crypto';
import { type AssistantMessage, type Message, type UserMessage } from '../protocol/conversation.ts';

/** What stands for a message of which nothing can be sent: most APIs refuse empty ones. */
export const NOTHING = '(nothing)';

/**
 * The conversation with tool calls that this API takes, whichever provider's model made them: ids that match
 * `validId` and are unique in the conversation, names that every API takes, results that name the new id.
 * What is valid stays as it came. A message always becomes the same, whatever follows it, so the prefix that
 * a provider has cached stays the prefix.
 */
export function portableMessages(messages: readonly Message[], validId: RegExp): readonly Message[] {
  const used = new Set<string>();
  let open: CallIds = new Map();
  return messages.map((message, index) => {
    if (message.role === 'user') return withResultIds(message, open);
    const ids = message.content.map((block, position) => {
      if (block.type !== 'tool_use') return null;
      const id = validId.test(block.id) && !used.has(block.id) ? block.id : newId(index, position, block.id);
      used.add(id);
      return id;
    });
    open = callIds(message, ids);
    return withCallIds(message, ids);
  });
}

/** By the id a model gave, the ids its calls have now, in their order: it may have given one id twice. */
type CallIds = ReadonlyMap<string, readonly string[]>;

function callIds(message: AssistantMessage, ids: readonly (string | null)[]): CallIds {
  const calls = message.content.flatMap((block, position) => {
    const id = ids[position];
    return block.type === 'tool_use' && id != null ? [{ given: block.id, id }] : [];
  });
  return new Map(
    [...Map.groupBy(calls, ({ given }) => given)].map(([given, same]) => [given, same.map(({ id }) => id)]),
  );
}

const withCallIds = (message: AssistantMessage, ids: readonly (string | null)[]): AssistantMessage => ({
  role: 'assistant',
  content: message.content.map((block, position) =>
    block.type === 'tool_use'
      ? { ...block, id: ids[position] ?? block.id, name: validName(block.name) }
      : block,
  ),
});

function withResultIds(message: UserMessage, open: CallIds): UserMessage {
  const answered = new Map<string, number>();
  return {
    role: 'user',
    content: message.content.map((block) => {
      if (block.type !== 'tool_result') return block;
      const nth = answered.get(block.toolUseId) ?? 0;
      answered.set(block.toolUseId, nth + 1);
      return { ...block, toolUseId: open.get(block.toolUseId)?.[nth] ?? block.toolUseId };
    }),
  };
}

const newId = (index: number, position: number, given: string): string =>
  `call_${createHash('sha256').update(`${index}.${position} ${given}`).digest('hex').slice(0, 24)}`;

/** Models call tools that do not exist, by names that no API takes back. */
const validName = (name: string): string => name.replace(/[^\w-]/g, '_').slice(0, 64) || '_';
