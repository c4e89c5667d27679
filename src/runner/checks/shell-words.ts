/** One word for /bin/bash, quoted where it must be. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * The simple commands of a shell line, split at `&&`, `||`, `;`, `|`, `&` and line ends outside of quotes,
 * each with the operator after it (empty for the last).
 */
export function splitCommands(line: string): readonly { readonly text: string; readonly operator: string }[] {
  const parts: { text: string; operator: string }[] = [];
  // A number before `>&` or `&>` belongs to a redirection, not to a background job.
  const tokens = line.matchAll(
    /'[^']*'|"(?:\\.|[^"\\])*"|\\.|[<>]&|&>|(&&|\|\||[;|&\n])|[^'"\\;|&\n<>]+|[\s\S]/g,
  );
  let text = '';
  for (const [token, operator] of tokens) {
    if (operator === undefined) text += token;
    else {
      parts.push({ text: text.trim(), operator });
      text = '';
    }
  }
  parts.push({ text: text.trim(), operator: '' });
  return parts.filter((part) => part.text !== '');
}
