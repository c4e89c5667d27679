import MarkdownIt from 'markdown-it';

const COMMAND_LINE = /^\/ptc(?![^ \t])/i;

/** Two characters nobody can bring along: they are taken out of the comment before it is parsed. */
const MARK_START = '\uE000';
const MARK_END = '\uE001';

/** What a reader does not see as text of the comment, wherever raw HTML says so: comments and quoting elements. */
const RAW_HTML = new RegExp(
  [
    '<!--[\\s\\S]*?(?:-->|$)',
    '<[!?][^>]*(?:>|$)',
    '<(?<closing>/?)(?<element>pre|code|samp|kbd|tt|xmp|blockquote|q|script|style|textarea|template)\\b[^<>]*>',
    `${MARK_START}(?<line>\\d+)${MARK_END}`,
  ].join('|'),
  'gi',
);

/**
 * Numbers of the lines (from 0) that begin with `/ptc` and that a reader of the rendered comment sees as the
 * author's own text: not in fenced, indented or inline code, a quote (its lazy last lines included), or an HTML
 * comment. `lines` are the comment's, without their line ends.
 *
 * Whether a line is inside code depends on all that stands before it, so a Markdown parser decides: each
 * candidate is replaced by a mark, and counts when the mark comes back as text.
 */
export function commandLines(lines: readonly string[]): readonly number[] {
  if (!lines.some((line) => COMMAND_LINE.test(line))) return [];
  const marked = lines.map((line, number) => {
    const clean = line.replaceAll(/[\uE000\uE001]/g, '\uFFFD');
    return clean.replace(COMMAND_LINE, `${MARK_START}${number}${MARK_END}`);
  });
  return unquotedMarks(htmlAndMarks(marked.join('\n')));
}

/** The words behind `/ptc` on a line of `commandLines`. */
export const afterCommand = (line: string): string => line.replace(COMMAND_LINE, '').trim();

/** All raw HTML of the Markdown text and all marks in its plain text outside quotes, in their order. */
function htmlAndMarks(markdown: string): string {
  const parts: string[] = [];
  let quotes = 0;
  for (const block of new MarkdownIt({ html: true }).parse(markdown, {})) {
    if (block.type === 'blockquote_open') quotes += 1;
    if (block.type === 'blockquote_close') quotes -= 1;
    if (block.type === 'html_block') parts.push(quotes > 0 ? withoutMarks(block.content) : block.content);
    for (const inline of block.children ?? []) {
      if (inline.type === 'html_inline') parts.push(withoutMarks(inline.content));
      if (inline.type === 'text' && quotes === 0) parts.push(...marksOf(inline.content));
    }
  }
  return parts.join('');
}

const MARK = new RegExp(`${MARK_START}\\d+${MARK_END}`, 'g');
const marksOf = (text: string): readonly string[] => text.match(MARK) ?? [];
const withoutMarks = (html: string): string => html.replaceAll(MARK, '');

function unquotedMarks(htmlAndMarks: string): readonly number[] {
  const found: number[] = [];
  const open = new Map<string, number>();
  for (const { groups } of htmlAndMarks.matchAll(RAW_HTML)) {
    const element = groups?.['element']?.toLowerCase();
    if (element !== undefined) {
      const change = groups?.['closing'] === '/' ? -1 : 1;
      open.set(element, Math.max(0, (open.get(element) ?? 0) + change));
    }
    const line = groups?.['line'];
    if (line !== undefined && open.values().every((count) => count === 0)) found.push(Number(line));
  }
  return found;
}
