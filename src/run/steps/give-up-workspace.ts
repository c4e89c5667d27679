import { type Run } from '../../domain/run.ts';
import { type Ports } from '../ports.ts';

/** Codes of what a fresh workspace can help with. */
const LOST: ReadonlySet<string> = new Set(['workspace-lost', 'runner-died']);

export const isWorkspaceLost = ({ code }: { readonly code: string }): boolean => LOST.has(code);

/** Removes what is left of a workspace whose runner is gone; the next one is read from its first byte. */
export async function giveUpWorkspace(ports: Ports, run: Run): Promise<void> {
  await ports.workspaces.remove(run.id);
  await ports.store.readFromStart(run.id);
}
