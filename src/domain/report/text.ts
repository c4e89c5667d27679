/** Limits GitHub sets on texts, in UTF-16 units as its API counts them. */
export const MAX_BODY = 65_536;
export const MAX_TITLE = 256;

/** `text` within `limit`; what is cut is replaced by `note`, which says where the rest is. */
export function fit(text: string, limit: number, note: string): string {
  if (text.length <= limit) return text;
  const tail = `\n\n${note}`;
  return withoutHalfCharacter(text.slice(0, limit - tail.length)) + tail;
}

export const fitTitle = (title: string): string => fitLine(title, MAX_TITLE);

/** The text as one line within `limit`. */
export function fitLine(text: string, limit: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= limit ? line : `${withoutHalfCharacter(line.slice(0, limit - 1))}…`;
}

const withoutHalfCharacter = (text: string): string =>
  /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text;

/**
 * Text of a model or a stranger as it may stand in a comment or pull request of ours: it mentions nobody,
 * closes no other issue and hides nothing in HTML comments, where our own markers live.
 */
export function tame(text: string): string {
  return text
    .replace(/<!--/g, '&lt;!--')
    .replace(/(^|[^\w`])@(?=[a-z0-9])/gi, '$1@\u200b')
    .replace(
      /\b(close[sd]?|fix(?:e[sd])?|resolve[sd]?)(:?\s+)(?=#\d|[\w.-]+\/[\w.-]+#\d|https?:\/\/)/gi,
      '$1\u200b$2\u200b',
    )
    .replace(/(\u200b\s+\u200b)(#|[\w.-]+\/[\w.-]+#)(?=\d)/g, '$1$2\u200b');
}

/** A code span or block that its content cannot end. */
export function codeSpan(text: string): string {
  const fence = '`'.repeat(longestRun(text) + 1);
  const line = text.replace(/\s*\n\s*/g, ' ⏎ ');
  return /^`|`$/.test(line) ? `${fence} ${line} ${fence}` : `${fence}${line}${fence}`;
}

export function codeBlock(text: string, language = ''): string {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${text.replace(/\n$/, '')}\n${fence}`;
}

const longestRun = (text: string): number =>
  Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));

/** A cell of a Markdown table. */
export const cell = (text: string): string => text.replace(/\|/g, '\\|').replace(/\s*\n\s*/g, ' ');

export const usd = (amount: number): string =>
  amount !== 0 && amount < 0.01 ? `$${amount.toFixed(4)}` : `$${amount.toFixed(2)}`;

export const seconds = (durationMs: number): string => `${(durationMs / 1000).toFixed(1)} s`;
