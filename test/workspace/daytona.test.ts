import { workspaceContract } from './contract.ts';
import { quiet, SCRIPTED_RUNNER } from './samples.ts';
import { SNAPSHOT, startDaytona } from '../helpers/daytona/index.ts';
import { createDaytonaWorkspaces } from '../../src/workspace/daytona/provider.ts';

workspaceContract('Daytona', async () => {
  const daytona = await startDaytona();
  const provider = await createDaytonaWorkspaces({
    apiKey: daytona.apiKey,
    apiUrl: daytona.url,
    target: 'us',
    snapshot: SNAPSHOT,
    owner: 'test',
    domains: null,
    networks: null,
    runnerFile: SCRIPTED_RUNNER,
    log: quiet,
    signal: new AbortController().signal,
  });
  return { provider, dispose: () => daytona.close() };
});
