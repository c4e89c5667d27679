import { type ModelCall } from '../../src/protocol/conversation.ts';

const READ_FILE = {
  name: 'read_file',
  description: 'Reads a file.',
  inputSchema: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
};

const SEARCH = {
  name: 'search',
  description: 'Searches the tree.',
  inputSchema: { type: 'object', properties: { pattern: { type: 'string' } }, required: ['pattern'] },
};

export const OPENING: ModelCall = {
  system: 'You fix bugs.',
  tools: [READ_FILE, SEARCH],
  messages: [{ role: 'user', content: [{ type: 'text', text: 'Fix the sum.' }] }],
};

/** The opening, two tool calls of the model, their results, and a word of a person. */
export const AFTER_TOOLS: ModelCall = {
  ...OPENING,
  messages: [
    ...OPENING.messages,
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'I look.' },
        { type: 'tool_use', id: 'call-1', name: 'read_file', input: { path: 'sum.js' } },
        { type: 'tool_use', id: 'call-2', name: 'search', input: { pattern: 'sum' } },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', toolUseId: 'call-1', text: 'a - b', isError: false },
        { type: 'tool_result', toolUseId: 'call-2', text: 'no such folder', isError: true },
        { type: 'text', text: 'Hurry.' },
      ],
    },
  ],
};
