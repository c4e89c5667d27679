import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { type IsolationSettings, type RunnerLimits } from '../../protocol/runner-job.ts';
import { giveFolder } from './command-folders.ts';
import { commandUser } from './command-user.ts';
import { type EnclosureContext } from './enclosure.ts';
import { createFolderKeys } from './folder-keys.ts';
import { createGitGuard } from './git-guard.ts';
import { createOutputPipes } from './output-pipe.ts';

export interface OpenCommandsOptions {
  readonly settings: IsolationSettings;
  readonly limits: RunnerLimits;
  /** The workspace folder: trees, report folders and the repository of worktrees (`git`) lie below it. */
  readonly root: string;
}

/** Makes `<root>/cache` and a scratch folder that the caller must remove. */
export async function openContext({
  settings,
  limits,
  root,
}: OpenCommandsOptions): Promise<EnclosureContext> {
  const user = commandUser(settings.uid);
  const cache = join(root, 'cache');
  await giveFolder(cache, root, user);
  const scratch = await fs.mkdtemp(join(root, 'command-'));
  await fs.chmod(scratch, 0o711);
  const pipes = join(scratch, 'pipes');
  await fs.mkdir(pipes, { mode: 0o700 });
  return {
    limits,
    user,
    root,
    cache,
    scratch,
    pipes: createOutputPipes(pipes),
    searchPath: process.env['PATH'] ?? '/usr/bin:/bin',
    registries: settings.registries,
    gitGuard: createGitGuard(join(root, 'git')),
    keys: createFolderKeys(),
  };
}
