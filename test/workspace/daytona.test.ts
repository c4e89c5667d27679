import { createDaytonaWorkspaces } from '../../src/workspace/daytona/provider.ts';
import { SCRIPTED_RUNNER, quiet } from './samples.ts';
import { describeWithAccount } from '../helpers/required-tool.ts';
import { workspaceContract } from './contract.ts';
import { createBed } from './daytona/bed.ts';

workspaceContract('Daytona', async () => {
  const bed = await createBed();
  return { provider: bed.provider, dispose: () => bed.close() };
});

describeWithAccount(['DAYTONA_API_KEY', 'PTC_DAYTONA_SNAPSHOT'], 'at the real service', () => {
  workspaceContract('Daytona', async () => {
    const ending = new AbortController();
    const provider = await createDaytonaWorkspaces({
      apiKey: process.env['DAYTONA_API_KEY'] ?? '',
      apiUrl: process.env['DAYTONA_API_URL'] ?? 'https://app.daytona.io/api',
      target: process.env['DAYTONA_TARGET'] ?? null,
      snapshot: process.env['PTC_DAYTONA_SNAPSHOT'] ?? '',
      owner: 'ptc-bot-tests',
      domains: null,
      networks: null,
      runnerFile: SCRIPTED_RUNNER,
      log: quiet,
      signal: ending.signal,
    });
    return { provider, dispose: async () => ending.abort() };
  });
});
