import { createHash } from 'node:crypto';
import * as z from 'zod';

/**
 * A provider's prompt cache, counted instead of kept. Anthropic's reads and writes only where a request has a
 * breakpoint, of which it allows four, and looks back from each over 20 blocks at most. Where no request is
 * marked and none is Anthropic's, the cache finds the longest prefix of whole messages by itself.
 */
const MOST_BREAKPOINTS = 4;
const LOOK_BACK_BLOCKS = 20;

const Block = z.record(z.string(), z.unknown());
const Content = z.union([z.string(), z.array(Block), z.null()]).optional();
const Request = z.looseObject({
  model: z.string(),
  tools: z.array(Block).optional(),
  system: Content,
  messages: z.array(z.looseObject({ role: z.string(), content: Content })),
});
type Request = z.infer<typeof Request>;

/** What a prefix is made of: a tool, a block of the system prompt or of a message. */
interface Part {
  readonly text: string;
  readonly breakpoint: boolean;
}

/**
 * The share of what was sent before, and is sent again, that the provider's cache does not cover; 0 to 1,
 * counted in bytes. `requests` are the bodies of one conversation's requests in their order, as they came
 * over the wire, all in Anthropic's Messages form or all in that of Chat Completions.
 */
export function uncachedResentShare(requests: readonly unknown[]): number {
  const entries = new Set<string>();
  let resentBytes = 0;
  let uncachedBytes = 0;
  let before: readonly Part[] = [];
  for (const raw of requests) {
    const request = Request.parse(raw);
    const parts = partsOf(request);
    const prefixes = prefixesOf(request.model, parts);
    const marked = isAnthropic(request) || parts.some(({ breakpoint }) => breakpoint);
    const cached = marked ? cachedBehindMarks(parts, prefixes, entries) : cachedPrefix(prefixes, entries);
    const resent = resentOf(parts, before);
    resentBytes += sum(parts.filter((_part, index) => resent.has(index)));
    uncachedBytes += sum(parts.filter((_part, index) => resent.has(index) && index >= cached));
    prefixes.forEach((prefix, index) => {
      if (!marked || parts[index]?.breakpoint) entries.add(prefix);
    });
    before = parts;
  }
  return resentBytes === 0 ? 0 : uncachedBytes / resentBytes;
}

const sum = (parts: readonly Part[]): number =>
  parts.reduce((total, { text }) => total + Buffer.byteLength(text), 0);

const isAnthropic = ({ messages, tools, ...rest }: Request): boolean =>
  !('stream_options' in rest) &&
  !(tools ?? []).some((tool) => 'function' in tool) &&
  messages.every(({ role }) => role === 'user' || role === 'assistant');

/** In the order in which they make up the prefix. */
function partsOf({ tools, system, messages }: Request): readonly Part[] {
  return [
    ...(tools ?? []).map((tool) => partOf('tool', tool)),
    ...contentParts('system', system),
    ...messages.flatMap(({ role, content, ...rest }) => [
      ...(Object.keys(rest).length === 0 ? [] : [partOf(role, rest)]),
      ...contentParts(role, content),
    ]),
  ];
}

const contentParts = (role: string, content: z.infer<typeof Content>): readonly Part[] =>
  Array.isArray(content)
    ? content.map((block) => partOf(role, block))
    : content == null
      ? []
      : [partOf(role, { type: 'text', text: content })];

function partOf(role: string, { cache_control: mark, ...block }: z.infer<typeof Block>): Part {
  return { text: `${role} ${JSON.stringify(block)}`, breakpoint: mark !== undefined };
}

function prefixesOf(model: string, parts: readonly Part[]): readonly string[] {
  let prefix = model;
  return parts.map(({ text }) => (prefix = createHash('sha256').update(prefix).update(text).digest('hex')));
}

/** How many parts are read from the cache. */
function cachedBehindMarks(
  parts: readonly Part[],
  prefixes: readonly string[],
  entries: ReadonlySet<string>,
): number {
  const breakpoints = parts.flatMap(({ breakpoint }, index) => (breakpoint ? [index] : []));
  if (breakpoints.length > MOST_BREAKPOINTS)
    throw new Error(`${breakpoints.length} breakpoints in a request`);
  const hits = breakpoints.flatMap((breakpoint) => {
    const first = Math.max(0, breakpoint - LOOK_BACK_BLOCKS + 1);
    const seen = prefixes.slice(first, breakpoint + 1).findLastIndex((prefix) => entries.has(prefix));
    return seen < 0 ? [] : [first + seen + 1];
  });
  return Math.max(0, ...hits);
}

const cachedPrefix = (prefixes: readonly string[], entries: ReadonlySet<string>): number =>
  prefixes.findLastIndex((prefix) => entries.has(prefix)) + 1;

/** Indices of the parts that the request before had too, wherever they stood. */
function resentOf(parts: readonly Part[], before: readonly Part[]): ReadonlySet<number> {
  const left = new Map(
    [...Map.groupBy(before, ({ text }) => text)].map(([text, same]) => [text, same.length]),
  );
  const resent = new Set<number>();
  parts.forEach(({ text }, index) => {
    const many = left.get(text) ?? 0;
    if (many === 0) return;
    left.set(text, many - 1);
    resent.add(index);
  });
  return resent;
}
