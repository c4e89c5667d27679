import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { startDaytona } from '../../helpers/daytona/index.ts';

/** Runs a module of its own to its natural end; rejects when that does not come. */
const runModule = async (code: string): Promise<string> => {
  const args = ['--input-type=module', '-e', code];
  return (await promisify(execFile)(process.execPath, args, { timeout: 45_000 })).stdout;
};
const urlOf = (file: string): string => JSON.stringify(new URL(`../../../src/${file}`, import.meta.url).href);

test('a server with local workspaces does not load Daytona’s SDK', async () => {
  const seen = await runModule(`
    import { registerHooks } from 'node:module';
    const seen = [];
    registerHooks({
      resolve: (specifier, context, next) => {
        if (/daytona/.test(specifier)) seen.push(specifier);
        return next(specifier, context);
      },
    });
    const { compose } = await import(${urlOf('compose.ts')});
    console.log(JSON.stringify([typeof compose, ...seen]));`);
  expect(JSON.parse(seen)).toEqual(['function']);
});

test('the provider keeps no process alive and asks for nothing by itself: the SDK’s own socket stays closed', async () => {
  const daytona = await startDaytona();
  try {
    const settings = { apiKey: 'any', apiUrl: daytona.url, target: null, snapshot: 'any', owner: 'ours' };
    const made = await runModule(`
      const { createDaytonaWorkspaces } = await import(${urlOf('workspace/daytona/provider.ts')});
      const provider = await createDaytonaWorkspaces({
        ...${JSON.stringify(settings)},
        domains: null,
        networks: null,
        runnerFile: '',
        signal: new AbortController().signal,
      });
      console.log(provider.kind);`);
    expect(made).toBe('daytona\n');
    expect(daytona.requests).toEqual([]);
  } finally {
    await daytona.close();
  }
});
