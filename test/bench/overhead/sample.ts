import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { createTwoFilesPatch } from 'diff';
import { type Files } from '../../helpers/forge/index.ts';
import { SAMPLE_FILES } from '../../helpers/sample-project.ts';

const run = promisify(execFile);
const DEPENDENCY = path.join(import.meta.dirname, '..', '..', '..', 'node_modules', 'commander');
const SLOW_TEST_MS = 2_000;

/** What the measured project is, in words. */
export const SAMPLE_DESCRIPTION = `two source files and two test files under node --test, one of which waits ${SLOW_TEST_MS} ms; npm ci of one dependency (commander, a tarball in the repository, so that no network is measured), npm’s cache cold at first`;

const SLOW_TEST = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';

test('a command line that waits for something outside', async () => {
  await sleep(${SLOW_TEST_MS});
  assert.equal(new Command('duration').name(), 'duration');
});
`;

/** The sample project of the test bed with something to install and tests that take their time. */
export async function makeSampleFiles(): Promise<Files> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ptc-bench-sample-'));
  try {
    const packed = await run('npm', ['pack', DEPENDENCY, '--ignore-scripts', '--silent'], { cwd: folder });
    const tarball = packed.stdout.trim();
    const manifest = {
      name: 'duration',
      version: '1.0.0',
      type: 'module',
      scripts: { test: 'node --test' },
      dependencies: { commander: `file:${tarball}` },
    };
    await writeFile(path.join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
    await run('npm', ['install', '--package-lock-only', '--offline', '--no-audit', '--no-fund'], {
      cwd: folder,
    });
    return {
      ...SAMPLE_FILES,
      '.gitignore': 'node_modules/\n',
      'package.json': await readFile(path.join(folder, 'package.json'), 'utf8'),
      'package-lock.json': await readFile(path.join(folder, 'package-lock.json'), 'utf8'),
      [tarball]: { content: await readFile(path.join(folder, tarball)) },
      'test/slow.test.js': SLOW_TEST,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The change the scripted model makes, as git takes it. */
export function samplePatch(): string {
  const patchOf = (name: string, change: (before: string) => string): string => {
    const before = SAMPLE_FILES[name] ?? '';
    return createTwoFilesPatch(`a/${name}`, `b/${name}`, before, change(before));
  };
  const test = "\ntest('a whole hour', () => {\n  assert.equal(formatDuration(60), '1h');\n});\n";
  return [
    patchOf('src/duration.js', (before) => before.replace('minutes > 60', 'minutes >= 60')),
    patchOf('test/duration.test.js', (before) => before + test),
  ].join('');
}
