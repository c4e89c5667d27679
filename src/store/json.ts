/**
 * A value as the text of a `json` column. JSON.stringify escapes U+0000 and lone surrogates, so that any
 * text survives there unchanged.
 */
export const toJson = (value: unknown): string => JSON.stringify(value);

/** Text for a `text` column, which cannot hold U+0000: shown as U+FFFD instead. */
export const toText = (value: string): string => value.replaceAll('\0', '\uFFFD').toWellFormed();
