/** A file's text cut into lines; joining gives the same text back. */
export interface SourceFile {
  /** Without newline; carriage returns and a byte order mark stay in their line. */
  readonly lines: readonly string[];
  /** Whether the last line ends in a newline. */
  readonly finalNewline: boolean;
}

export function splitFile(text: string): SourceFile {
  if (text === '') return { lines: [], finalNewline: true };
  const finalNewline = text.endsWith('\n');
  return { lines: (finalNewline ? text.slice(0, -1) : text).split('\n'), finalNewline };
}

export function joinFile({ lines, finalNewline }: SourceFile): string {
  return lines.length === 0 ? '' : lines.join('\n') + (finalNewline ? '\n' : '');
}
