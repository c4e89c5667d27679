import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { bundleRunner, bundleStandalone } from '../scripts/bundle-runner.ts';

const Report = z.object({
  summary: z.object({
    error: z.number(),
    totalCruised: z.number(),
    violations: z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) })),
  }),
  modules: z.array(
    z.object({ source: z.string(), dependencies: z.array(z.object({ resolved: z.string() })) }),
  ),
});

const cruise = async (): Promise<z.infer<typeof Report>> => {
  const args = ['--config', '.dependency-cruiser.mjs', '--output-type', 'json', 'src'];
  const { stdout } = await promisify(execFile)('node_modules/.bin/depcruise', args, {
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: { stdout: string }) => error);
  return Report.parse(JSON.parse(stdout));
};

test('the import rules hold, over all the modules there are', async () => {
  const report = await cruise();
  expect(report.summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
  const ours = report.modules.filter(({ source }) => source.startsWith('src/'));
  // A cruise that sees no modules, or no edges, would pass any rule.
  expect(ours.length).toBeGreaterThan(100);
  expect(ours.flatMap(({ dependencies }) => dependencies).length).toBeGreaterThan(300);
});

test('a runner’s bundle holds nothing of the control plane; only one that stands alone can ask models itself', async () => {
  const foldersOf = ({ inputs }: Awaited<ReturnType<typeof bundleRunner>>) =>
    [...new Set(Object.keys(inputs).flatMap((path) => /^src\/[^/]+/.exec(path) ?? []))].sort();
  const launched = ['src/domain', 'src/patch', 'src/protocol', 'src/runner'];
  expect(foldersOf(await bundleRunner(null))).toEqual(launched);
  expect(foldersOf(await bundleStandalone(null))).toEqual(['src/asking', ...launched, 'src/model'].sort());
});
