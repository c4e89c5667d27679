/** A server with this in its environment is one of other code: the version of its workflows is another. */
export const otherVersion = (version: string): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(preload(version))}`,
});

const preload = (version: string): string => `
  import { registerHooks } from 'node:module';
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.endsWith('/src/run/engine.ts')) return loaded;
      const source = String(loaded.source).replace(/(APPLICATION_VERSION = )'[^']+'/, "$1'${version}'");
      return { ...loaded, source };
    },
  });
`;
