import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { familyOf } from '../../helpers/process-memory.ts';

/** The kernel counts in hundredths of a second, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Processor time in seconds, since the process began. */
export interface CpuTime {
  readonly own: number;
  /** Of its children that have ended, and theirs. */
  readonly children: number;
}

/** What a process has used so far; nothing when it is gone. */
export function cpuTime(pid: number): CpuTime {
  const [own = 0, ownSystem = 0, children = 0, childrenSystem = 0] = statOf(pid)
    .slice(11, 15)
    .map((ticks) => Number(ticks) / TICKS_PER_SECOND);
  return { own: own + ownSystem, children: children + childrenSystem };
}

/** What a PostgreSQL server has used so far, all of its processes together. */
export async function postgresSeconds(databaseUrl: string): Promise<number> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const server = Number(statOf(rows[0]?.pid ?? 0)[1]);
  const family = familyOf(server).map((pid) => cpuTime(pid).own);
  await client.end();
  return family.reduce((sum, own) => sum + own, cpuTime(server).children);
}

/** The fields behind the command's name, which stands in brackets and may hold anything. */
function statOf(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
