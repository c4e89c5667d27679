import { html, raw } from 'hono/html';
import { NOTHING, type Html } from './format.ts';
import { STYLE } from './style.ts';

export interface Page {
  readonly title: string;
  readonly body: Html;
  /** Seconds after which the page loads itself again; null for one that is final. */
  readonly refreshSeconds: number | null;
}

/** A whole page. Everything in it is escaped by `html` but the stylesheet, which is ours. */
export function layout({ title, body, refreshSeconds }: Page): Html {
  const refresh =
    refreshSeconds === null ? NOTHING : html`<meta http-equiv="refresh" content="${refreshSeconds}" />`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${refresh}
        <title>${title}</title>
        <link rel="icon" href="data:," />
        ${raw(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <header class="top"><a href="/">PTC Bot</a><span>prompt · test · code</span></header>
        <main>${body}</main>
      </body>
    </html>`;
}

export function notFoundPage(what: string): Html {
  const body = html`<h1>Not found</h1>
    <section>
      <p>${what}</p>
      <p><a href="/">All runs</a></p>
    </section>`;
  return layout({ title: 'Not found', body, refreshSeconds: null });
}
