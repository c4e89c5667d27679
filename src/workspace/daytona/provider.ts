import { type Sandbox } from '@daytonaio/sdk';
import { type Workspace, type WorkspaceProvider } from '../../run/ports.ts';
import { type SandboxAccess } from './access.ts';
import { createCall } from './call.ts';
import { followGrowth, type Growth } from './growth.ts';
import { ensureSandbox, findSandbox, isStarted, listRuns, removeSandbox } from './sandboxes.ts';
import { type DaytonaSettings, PATIENCE } from './settings.ts';
import { openWorkspace } from './workspace.ts';

/**
 * Workspaces as Daytona sandboxes. Everything rejects with PtcError, or with the reason of a signal; see the
 * parts for the codes. The SDK is loaded here and not before: it costs a quarter of a second and 50 MB.
 */
export async function createDaytonaWorkspaces(settings: DaytonaSettings): Promise<WorkspaceProvider> {
  const { Daytona } = await import('@daytonaio/sdk');
  const patience = { ...PATIENCE, ...settings.patience };
  const daytona = new Daytona({
    apiKey: settings.apiKey,
    apiUrl: settings.apiUrl,
    ...(settings.target === null ? {} : { target: settings.target }),
    requestTimeoutMs: patience.callMs,
    // The other way opens a socket in the constructor that keeps the process alive.
    useDeprecatedPolling: true,
  });
  const access: SandboxAccess = { daytona, settings, patience, call: createCall(patience) };
  /** By run: a workspace found again goes on with the stream there is. */
  const growths = new Map<string, { readonly sandboxId: string; readonly growth: Growth }>();
  const { signal: processSignal } = settings;

  const growthOf = (sandbox: Sandbox, runId: string): Growth => {
    const known = growths.get(runId);
    if (known?.sandboxId === sandbox.id) return known.growth;
    known?.growth.stop();
    const growth = followGrowth(sandbox, access.call, patience, processSignal);
    growths.set(runId, { sandboxId: sandbox.id, growth });
    return growth;
  };
  const open = (sandbox: Sandbox, runId: string, signal: AbortSignal): Promise<Workspace> =>
    openWorkspace({ access, sandbox, runId, growth: growthOf(sandbox, runId), signal });

  return {
    kind: 'daytona',
    async ensure(run, signal) {
      return open(await ensureSandbox(access, run, signal), run.id, signal);
    },
    async find(runId) {
      const sandbox = await findSandbox(access, runId, processSignal);
      return sandbox !== null && isStarted(sandbox) ? open(sandbox, runId, processSignal) : null;
    },
    async remove(runId) {
      growths.get(runId)?.growth.stop();
      growths.delete(runId);
      await removeSandbox(access, runId, processSignal);
      settings.log.info({ runId }, 'workspace removed');
    },
    list: () => listRuns(access, processSignal),
  };
}
