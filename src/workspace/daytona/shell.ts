import { type Sandbox } from '@daytonaio/sdk';
import { PtcError } from '../../domain/errors.ts';
import { type Call } from './call.ts';

/** Runs a script in the workspace. Rejects as calls do. */
export type Shell = (
  what: string,
  script: string,
  args: readonly string[],
  signal: AbortSignal,
) => Promise<{ readonly exitCode: number; readonly output: string }>;

/** Of a script; the daemon ends it then. */
const TIMEOUT_S = 20;
const SAFE_ARGUMENT = /^[\w./+-]+$/;

/**
 * The daemon splits a command at quotes and spaces by rules of its own and gives it to no shell: so each script
 * is one quoted word for `sh`, and what varies comes as arguments of harmless characters. Scripts hold no single
 * quote and no secret. Error output is dropped: the daemon mixes it with the rest.
 */
export function createShell(sandbox: Sandbox, call: Call): Shell {
  return async (what, script, args, signal) => {
    const unsafe = [...args].find((arg) => !SAFE_ARGUMENT.test(arg));
    if (unsafe !== undefined || script.includes("'")) throw unsafeArgument(unsafe ?? script);
    const command = ['sh', '-c', `'exec 2>/dev/null\n${script}'`, 'ptc', ...args].join(' ');
    const { exitCode, result } = await call(
      () => sandbox.process.executeCommand(command, undefined, undefined, TIMEOUT_S),
      { what, signal },
    );
    return { exitCode, output: result };
  };
}

const unsafeArgument = (value: string): PtcError =>
  new PtcError({
    code: 'workspace-file-unsafe',
    message: `${JSON.stringify(value.slice(0, 100))} can name nothing in a workspace.`,
    remedy: 'Nothing was read or written. Report it as a bug of PTC Bot if it comes back.',
    retryable: false,
  });
