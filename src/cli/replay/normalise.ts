import { stripVTControlCharacters } from 'node:util';

/** Takes out of a text what differs from run to run without meaning anything. */
export interface Normaliser {
  /** For what a person or a model wrote and for files: only what we put in ourselves goes. */
  exact(text: string): string;
  /** For what commands print: times and the like go, too. */
  loose(text: string): string;
}

export function createNormaliser(runId: string): Normaliser {
  const id = runId.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const workspace = new RegExp(`(?:file://)?(?:/[^\\s"'\`:;,()<>|]*)?/${id}(?=[/\\s"'\`:;,()<>|]|$)`, 'g');
  const bare = new RegExp(id, 'g');
  const exact = (text: string): string =>
    text
      .replace(/\bdata-[\da-f]{16}\b/g, 'data-…')
      .replace(workspace, '<workspace>')
      .replace(bare, '<run>')
      .replace(/<workspace>\/command-\w{6}/g, '<workspace>/command-…')
      .replace(/\bhome-[\da-f]{18}\b/g, 'home-…');
  return {
    exact,
    loose: (text) =>
      exact(stripVTControlCharacters(text))
        .replace(/\d{4}-\d\d-\d\d[T_ ]\d\d[:_]\d\d[:_]\d\d(?:[.,_]\d+)?Z?/g, '<moment>')
        .replace(/\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b/g, '<moment>')
        .replace(/(duration_ms\W{1,3})\d+(?:\.\d+)?/g, '$1<time>')
        .replace(/\b\d+(?:[.,]\d+)?\s?(?:ns|[µu]s|ms|secs?|seconds?|s|mins?|minutes?|m)\b/g, '<time>')
        .replace(/\/tmp\/[\w./-]+/g, '<tmp>')
        .replace(/\bpid \d+/gi, 'pid …')
        .replace(/(localhost|127\.0\.0\.1):\d+/g, '$1:…')
        .replace(/[ \t]+$/gm, ''),
  };
}
