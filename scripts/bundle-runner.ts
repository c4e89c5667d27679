import { readFileSync } from 'node:fs';
import { build, type Metafile } from 'esbuild';

/** Modules the runner must not reach, by the path in the bundle's metafile. */
const FOREIGN = [
  /^src\/(api|cli|github|run|store|trigger|webhook|workspace)\//,
  /^src\/(main|compose|config)\.ts$/,
  /(^|\/)node_modules\/(@octokit|@dbos-inc|@electric-sql|@hono|hono|kysely|pg|probot)\//,
] as const;

const root = new URL('..', import.meta.url);

/** What a runner that stands alone may reach besides: it opens the pull request itself. */
const FOR_STANDALONE = /(^|\/)node_modules\/@octokit\//;

/**
 * Bundles the runner into one file that any Node 24 starts, with nothing beside it.
 * @param outfile path of the file to write, null to write none
 */
export const bundleRunner = (outfile: string | null): Promise<Metafile> =>
  bundle('src/runner/main.ts', 'dist/runner.mjs', outfile);

/** The runner standing alone, in a file of its own: providers and forge would make the other start slower. */
export const bundleStandalone = (outfile: string | null): Promise<Metafile> =>
  bundle('src/runner/standalone/main.ts', 'dist/standalone.mjs', outfile);

async function bundle(entry: string, usual: string, outfile: string | null): Promise<Metafile> {
  const prompt = readFileSync(new URL('daytona-template/system-prompt.md', root), 'utf8');
  const { metafile } = await build({
    absWorkingDir: root.pathname,
    entryPoints: [entry],
    outfile: outfile ?? usual,
    write: outfile !== null,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    metafile: true,
    legalComments: 'none',
    define: { EMBEDDED_SYSTEM_PROMPT: JSON.stringify(prompt) },
    // Packages in the older module format ask for node's own modules with `require`.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  return metafile;
}

/** Modules of the bundle that belong to the control plane or reach GitHub; there must be none. */
export const foreignModules = (metafile: Metafile): readonly string[] =>
  Object.keys(metafile.inputs).filter((path) => FOREIGN.some((pattern) => pattern.test(path)));

/** The same for the runner standing alone. */
export const foreignToStandalone = (metafile: Metafile): readonly string[] =>
  foreignModules(metafile).filter((path) => !FOR_STANDALONE.test(path));

if (import.meta.main) {
  const foreign = [
    ...foreignModules(await bundleRunner('dist/runner.mjs')),
    ...foreignToStandalone(await bundleStandalone('dist/standalone.mjs')),
  ];
  if (foreign.length > 0) throw new Error(`The runner reaches the control plane: ${foreign.join(', ')}`);
}
