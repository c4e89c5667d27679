import { type ModelCall } from '../protocol/conversation.ts';

/** Frame of a message or block in a provider's prompt template, and of the preamble that explains tools. */
const TOKENS_PER_PART = 32;
const TOKENS_OF_PREAMBLE = 2000;

/**
 * Tokens the call can have at most. Every vocabulary in use works on bytes: a token stands for one byte or
 * more, so a text never has more tokens than UTF-8 bytes. Ordinary text has a quarter of that; random text
 * comes close to it, and the text is chosen by strangers, so a budget that must hold cannot count on less.
 * Counted as JSON, which adds quotes, keys and escapes to all that a provider is sent.
 */
export function mostInputTokens(call: ModelCall): number {
  const parts = call.messages.reduce((sum, message) => sum + 1 + message.content.length, call.tools.length);
  return Buffer.byteLength(JSON.stringify(call)) + parts * TOKENS_PER_PART + TOKENS_OF_PREAMBLE;
}
