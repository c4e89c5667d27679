/** How a header line spells one side: nothing, /dev/null, or spellings of a path, likeliest first. */
export type HeaderName =
  { readonly nothing: true } | { readonly nothing: false; readonly spellings: readonly string[] };

const PREFIX = /^[abciow]\//;
const TIMESTAMP = /(?:\t.*|\s+\d{4}-\d\d-\d\d[ T]\d\d:\d\d.*|\s+\((?:revision|working copy)[^)]*\))$/;

/** No path is as long; what is longer is not looked into. */
const MAX_NAME_CHARS = 4096;

/** The text after `--- ` or `+++ `, with quoting, timestamps and decoration taken off. */
export function cleanName(raw: string): string {
  const text = raw.trim();
  if (text.length > MAX_NAME_CHARS) return text;
  if (text.startsWith('"')) return unquote(text);
  const bare = text.replace(TIMESTAMP, '').trim();
  const undecorated = /^([`*]+)(.+)\1$/.exec(bare)?.[2] ?? bare;
  return undecorated.replace(/^(?:\.\/)+(?=.)/, '');
}

/** Spellings of a cleaned name: without git's one-letter prefix first, unless it is no prefix of git's. */
export function headerName(raw: string, side: 'old' | 'new'): HeaderName {
  const name = cleanName(raw);
  if (name === '/dev/null' || name === 'dev/null') return { nothing: true };
  if (!PREFIX.test(name)) return { nothing: false, spellings: [name] };
  const stripped = name.slice(2);
  if (stripped === '') return { nothing: false, spellings: [name] };
  const usual = name.startsWith(side === 'old' ? 'a/' : 'b/');
  return { nothing: false, spellings: usual ? [stripped, name] : [name, stripped] };
}

/** The spellings of a path; none for /dev/null and for a name that was not given. */
export function spellingsOf(name: HeaderName | null): readonly string[] {
  return name === null || name.nothing ? [] : name.spellings;
}

const ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  '"': 34,
  '\\': 92,
};

/** Undoes git's C-style quoting, in which bytes beyond ASCII are octal. */
function unquote(text: string): string {
  const end = text.lastIndexOf('"');
  const inner = end > 0 ? text.slice(1, end) : text.slice(1);
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (let at = 0; at < inner.length;) {
    const octal = /^\\([0-3][0-7]{2})/.exec(inner.slice(at, at + 4))?.[1];
    if (octal !== undefined) {
      bytes.push(Number.parseInt(octal, 8));
      at += 4;
      continue;
    }
    const escape = inner[at] === '\\' ? ESCAPES[inner.charAt(at + 1)] : undefined;
    if (escape !== undefined) {
      bytes.push(escape);
      at += 2;
      continue;
    }
    const char = String.fromCodePoint(inner.codePointAt(at) ?? 0xfffd);
    bytes.push(...encoder.encode(char));
    at += char.length;
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** The two names of a `diff --git` line; null when they cannot be told apart. */
export function gitLineNames(rest: string): readonly [string, string] | null {
  const quoted = /^("(?:[^"\\]|\\.)*"|\S+) ("(?:[^"\\]|\\.)*"|\S+)$/.exec(rest.trim());
  if (quoted) return [quoted[1] ?? '', quoted[2] ?? ''];
  const text = rest.trim();
  // Names with spaces: only readable when both sides are the same file, with or without a prefix.
  const middle = (text.length - 1) / 2;
  for (const at of [middle - 1, middle, middle + 1]) {
    if (text[at] !== ' ') continue;
    const [left, right] = [text.slice(0, at), text.slice(at + 1)];
    if (left.replace(PREFIX, '') === right.replace(PREFIX, '')) return [left, right];
  }
  return null;
}
