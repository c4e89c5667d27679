import type Anthropic from '@anthropic-ai/sdk';
import { type Message, type ModelCall } from '../protocol/conversation.ts';
import { NOTHING, portableMessages } from './portable-messages.ts';

const CACHED = { cache_control: { type: 'ephemeral' } } as const;

/** Ids of tool calls the API takes. */
const VALID_ID = /^[\w-]{1,64}$/;

/**
 * The call as Anthropic's Messages API takes it. Three cache breakpoints, four are allowed: behind tools and
 * system, behind the last user message, and behind the one before it, where the previous call of the same
 * conversation wrote its entry: without that one a turn of more than 20 blocks would miss the cache.
 */
export function anthropicRequest(
  call: ModelCall,
  model: string,
  maxOutputTokens: number,
  provider: string,
): Anthropic.MessageStreamParams {
  const messages = portableMessages(call.messages, VALID_ID);
  const users = messages.flatMap((message, index) => (message.role === 'user' ? [index] : []));
  const breakpoints = new Set(users.slice(-2));
  return {
    model,
    max_tokens: maxOutputTokens,
    ...(call.system !== '' && { system: [{ type: 'text', text: call.system, ...CACHED }] }),
    ...(call.tools.length > 0 && { tools: toolsOf(call) }),
    messages: messages.map((message, index) => ({
      role: message.role,
      content: withBreakpoint(blocksOf(message, provider), breakpoints.has(index)),
    })),
  };
}

/** The system prompt comes behind the tools, so its breakpoint covers them too. */
function toolsOf(call: ModelCall): Anthropic.Tool[] {
  return call.tools.map((tool, index) => ({
    name: tool.name,
    description: tool.description,
    input_schema: { ...tool.inputSchema, type: 'object' },
    ...(call.system === '' && index === call.tools.length - 1 && CACHED),
  }));
}

function withBreakpoint(
  blocks: Anthropic.ContentBlockParam[],
  breakpoint: boolean,
): Anthropic.ContentBlockParam[] {
  const last = blocks.at(-1);
  if (!breakpoint || last === undefined) return blocks;
  // A user message holds texts and tool results only, and both take a breakpoint.
  return [...blocks.slice(0, -1), { ...last, ...CACHED }];
}

function blocksOf(message: Message, provider: string): Anthropic.ContentBlockParam[] {
  const blocks = message.content.flatMap((block) => blockOf(block, provider));
  if (blocks.length === 0) return [{ type: 'text', text: NOTHING }];
  // Results have to come before any words.
  const isResult = (block: Anthropic.ContentBlockParam): boolean => block.type === 'tool_result';
  return [...blocks.filter(isResult), ...blocks.filter((block) => !isResult(block))];
}

function blockOf(block: Message['content'][number], provider: string): Anthropic.ContentBlockParam[] {
  if (block.type === 'text') return block.text.trim() === '' ? [] : [{ type: 'text', text: block.text }];
  if (block.type === 'tool_use') {
    return [{ type: 'tool_use', id: block.id, name: block.name, input: block.input }];
  }
  if (block.type === 'tool_result') {
    const { toolUseId, text, isError } = block;
    return [{ type: 'tool_result', tool_use_id: toolUseId, content: text, is_error: isError }];
  }
  // Sent back exactly as it came; another provider's would mean nothing here.
  return block.provider === provider && isAnthropicBlock(block.data) ? [block.data] : [];
}

function isAnthropicBlock(data: unknown): data is Anthropic.ContentBlockParam {
  return typeof data === 'object' && data !== null && 'type' in data;
}
