/** Characters that models and editors swap for each other, and the plain one that stands for them. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  ...each('‘’‚‛`´ʼʻ′‵', "'"),
  ...each('“”„‟″‶', '"'),
  ...each('‐‑‒–—―−﹣－', '-'),
  ...each(
    '\u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u202F\u205F\u3000',
    ' ',
  ),
  ...each('\u00AD\u200B\u200C\u200D\u2060\uFEFF\u180E\uFE0F', ''),
  ...pairs('АВЕЅІЈКМНОРСТХУаеіјорсухһԁԛԝѕ', 'ABESIJKMHOPCTXYaeijopcyxhdqws'),
  ...pairs('ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοιν', 'ABEZHIKMNOPTYXoiv'),
  ...pairs('∗⁎×⁄∕∶։ǃ‖∣', '**x//::!||'),
  '…': '...',
};

function each(characters: string, plain: string): Record<string, string> {
  return Object.fromEntries([...characters].map((character) => [character, plain]));
}

function pairs(characters: string, plain: string): Record<string, string> {
  const targets = [...plain];
  return Object.fromEntries([...characters].map((character, at) => [character, targets[at] ?? character]));
}

/** A longer text is read by nobody, and its spelling taken as it is. */
const MAX_CHARS = 100_000;

/** The same for every spelling of a text that looks alike: quotes, dashes, spaces, alphabets, composition. */
export function canonical(text: string): string {
  if (text.length > MAX_CHARS) return text;
  // oxlint-disable-next-line no-control-regex
  if (/^[\u0000-\u007f]*$/.test(text)) return text.includes('`') ? text.replaceAll('`', "'") : text;
  let mapped = '';
  for (const character of text.normalize('NFC')) mapped += LOOKALIKES[character] ?? character;
  return mapped.normalize('NFKC');
}

/** The text in pieces that belong together on screen: a character with its combining marks. */
export function clusters(text: string): readonly string[] {
  return text.match(/\P{M}\p{M}*|\p{M}+/gu) ?? [];
}

/** Whether a character has other spellings that look the same. */
export function hasLookalikes(cluster: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return (
    // oxlint-disable-next-line no-control-regex
    /[^\u0000-\u007f]/.test(cluster) &&
    (canonical(cluster) !== cluster || cluster.normalize('NFD') !== cluster)
  );
}
