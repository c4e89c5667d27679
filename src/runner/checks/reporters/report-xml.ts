import { XMLParser } from 'fast-xml-parser';

/** An element: its attributes and the elements in it by name, its text as `#text`; nothing is decoded yet. */
export interface Element {
  readonly [name: string]: unknown;
}

const PREDEFINED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/**
 * The document of an XML report written by untrusted code.
 *
 * @param lists elements that may stand several times beside each other
 * @throws Error when the text is no XML
 */
export function parseXml(xml: string, lists: readonly string[]): Element {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseTagValue: false,
    parseAttributeValue: false,
    // Declared entities are never expanded; the five that XML itself knows are decoded by `decode`.
    processEntities: false,
    isArray: (tag) => lists.includes(tag),
  });
  return asElement(parser.parse(xml, true));
}

/** No attributes and nothing inside where there is no such element. */
export function asElement(value: unknown): Element {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The text of an attribute or element; empty for anything else. */
export function decode(value: unknown): string {
  if (typeof value !== 'string') return '';
  return value.replaceAll(
    /&(?:#x([\da-f]{1,6})|#(\d{1,7})|(lt|gt|amp|quot|apos));/gi,
    (whole, hex, decimal, name) => {
      if (typeof name === 'string') return PREDEFINED[name.toLowerCase()] ?? whole;
      const code = typeof hex === 'string' ? Number.parseInt(hex, 16) : Number(decimal);
      return code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole;
    },
  );
}
