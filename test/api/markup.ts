/** The page as people read it. */
export const words = (html: string): string =>
  html
    .replace(/<style>.*<\/style>/s, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ');

/** Texts that are markup where they are not escaped. */
export const PAYLOADS = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)' x='",
  '</pre></style></title><svg onload=alert(1)>',
  'javascript:alert(1)//',
  '${7*7}{{7*7}}<!--',
  '&lt;script&gt;alert(1)',
  '\u0000<b>\u001B]8;;javascript:alert(1)\u0007click\u001B]8;;\u0007',
];

const TAGS = new Set(
  'html head meta title link style body header a span main h1 h2 h3 div dl dt dd ol ul li p strong code pre nav section details summary table thead tbody tr th td time footer svg line rect path text tspan'.split(
    ' ',
  ),
);
const ATTRIBUTES = new Set(
  'lang charset name content http-equiv rel href class id datetime colspan open width height role aria-label aria-hidden x y x1 x2 y1 y2 rx d text-anchor'.split(
    ' ',
  ),
);

/** Every `<` of a page has to open or close a tag of ours, with attributes of ours. */
export function foreignMarkup(html: string): string[] {
  const outside = html.replace(/<style>.*?<\/style>/s, '').replace('<!doctype html>', '');
  return outside
    .split('<')
    .slice(1)
    .filter((piece) => {
      const tag = /^\/?([a-z0-9]+)((?:\s+[a-z][a-z0-9-]*(?:="[^"<>]*")?)*)\s*\/?>/.exec(piece);
      if (tag === null || !TAGS.has(tag[1] ?? '')) return true;
      const attributes = [...(tag[2] ?? '').matchAll(/\s([a-z][a-z0-9-]*)(?:="([^"]*)")?/g)];
      return attributes.some(
        ([, name = '', value = '']) =>
          !ATTRIBUTES.has(name) || (name === 'href' && !/^(https?:|\/(?!\/)|#|data:,$)/.test(value)),
      );
    });
}
