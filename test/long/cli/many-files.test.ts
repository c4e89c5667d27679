import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, expect, test } from 'vitest';
import { asAnthropic, openCli } from '../../helpers/cli-process.ts';
import { SAMPLE_FILES, SAMPLE_TURNS } from '../../helpers/sample-project.ts';
import { startScriptedModel } from '../../helpers/scripted-model.ts';
import { gitIn, type SourceRepository, sourceRepository } from '../../helpers/source-repository.ts';

const cli = await openCli();
const model = await startScriptedModel(SAMPLE_TURNS);
afterAll(() => Promise.all([cli.clear(), model.stop()]));

test('a repository of 100,000 files is worked on', async () => {
  const source = await sourceRepository(SAMPLE_FILES);
  await addFiles(source, 100_000);
  const args = ['run', '--repo', source.path, '--no-planning', 'A whole hour is 60m'];
  const { exitCode, stderr } = await cli.run(args, { env: asAnthropic(model) });
  const changed = await gitIn(source.path, 'diff', '--name-only', 'main..ptc/show-a-whole-hour-as-1h');
  await source.remove();

  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(changed).toBe('src/duration.js\ntest/duration.test.js');
});

/** So many small files in one more commit, by git's own fast lane. */
async function addFiles({ path: folder, sha }: SourceRepository, count: number): Promise<void> {
  const git = spawn('git', ['fast-import', '--quiet', '--force'], {
    cwd: folder,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const lines = [
    'commit refs/heads/main',
    'committer Ada <ada@example.com> 1700000000 +0000',
    'data 4\nmany',
    `from ${sha}`,
  ];
  for (let index = 0; index < count; index += 1) {
    const text = `file ${index}`;
    lines.push(`M 100644 inline many/${index % 100}/${index}.txt`, `data ${text.length}`, text);
  }
  git.stdin.end(`${lines.join('\n')}\n`);
  await once(git, 'close');
}
