import path from 'node:path';
import { type WorkspaceProvider } from '../../run/ports.ts';
import { orderOf } from './order.ts';

/** Runs whose process died: their workspaces are still there, perhaps with a runner that waits in vain. */
export async function cutShort(
  folder: string,
  workspaces: Pick<WorkspaceProvider, 'list'>,
): Promise<readonly string[]> {
  const ids = await workspaces.list();
  const orders = await Promise.all(ids.map((id) => orderOf(path.join(folder, 'runs', id)).catch(() => null)));
  return ids.filter((_, index) => {
    const pid = orders[index]?.pid;
    return pid !== undefined && !isAlive(pid);
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
