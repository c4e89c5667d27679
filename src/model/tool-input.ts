/**
 * Key of the value that stands for a tool call whose input was not a JSON object. No tool has such a field, so
 * the agent's validation refuses the call; the model then sees what it wrote and that it was not understood.
 * Being a JSON object itself, it can be sent back to every provider as the input of that call.
 */
export const MALFORMED_INPUT = '__malformed_input';

/** The input a model wrote as JSON text. Nothing at all is the empty object: a tool without parameters. */
export function parseToolInput(text: string): Readonly<Record<string, unknown>> {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Falls through to the value that says so.
  }
  return { [MALFORMED_INPUT]: text };
}
