import * as z from 'zod';

/** One exchange with a model, in a form that fits every provider. */
const TextBlock = z.object({ type: z.literal('text'), text: z.string() }).readonly();
const ToolUseBlock = z
  .object({ type: z.literal('tool_use'), id: z.string(), name: z.string(), input: z.unknown() })
  .readonly();
const ToolResultBlock = z
  .object({
    type: z.literal('tool_result'),
    toolUseId: z.string(),
    text: z.string(),
    isError: z.boolean(),
  })
  .readonly();
/** A block only its provider understands (signed reasoning, say); sent back to it unchanged. */
const OpaqueBlock = z
  .object({ type: z.literal('opaque'), provider: z.string(), data: z.unknown() })
  .readonly();

export const UserMessage = z
  .object({
    role: z.literal('user'),
    content: z.array(z.discriminatedUnion('type', [TextBlock, ToolResultBlock])).readonly(),
  })
  .readonly();
export type UserMessage = z.infer<typeof UserMessage>;

export const AssistantMessage = z
  .object({
    role: z.literal('assistant'),
    content: z.array(z.discriminatedUnion('type', [TextBlock, ToolUseBlock, OpaqueBlock])).readonly(),
  })
  .readonly();
export type AssistantMessage = z.infer<typeof AssistantMessage>;

export type Message = UserMessage | AssistantMessage;

/** A tool offered to a model; `inputSchema` is a JSON Schema of type object. */
export const ToolSpec = z
  .object({
    name: z.string().min(1),
    description: z.string(),
    inputSchema: z.record(z.string(), z.unknown()),
  })
  .readonly();
export type ToolSpec = z.infer<typeof ToolSpec>;

/** Tokens of one call. `inputTokens` counts neither cached reads nor cache writes. */
export const Usage = z
  .object({
    inputTokens: z.number().int().nonnegative(),
    outputTokens: z.number().int().nonnegative(),
    cacheReadTokens: z.number().int().nonnegative(),
    cacheWriteTokens: z.number().int().nonnegative(),
  })
  .readonly();
export type Usage = z.infer<typeof Usage>;

export const StopReason = z.enum(['end', 'tool_use', 'max_tokens', 'refusal']);
export type StopReason = z.infer<typeof StopReason>;

export const ModelReply = z
  .object({
    message: AssistantMessage,
    stopReason: StopReason,
    usage: Usage,
    provider: z.string(),
    model: z.string(),
  })
  .readonly();
export type ModelReply = z.infer<typeof ModelReply>;

/** A model the operator offers, by provider and name. */
export interface ModelChoice {
  readonly provider: string;
  readonly model: string;
}

/** What a model is asked: the whole conversation so far, its last message the one to answer. */
export interface ModelCall {
  readonly system: string;
  readonly tools: readonly ToolSpec[];
  readonly messages: readonly Message[];
}
