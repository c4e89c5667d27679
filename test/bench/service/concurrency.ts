import { setTimeout as sleep } from 'node:timers/promises';
import { familyOf } from '../../helpers/process-memory.ts';
import { type World } from '../../helpers/world.ts';
import { execute } from '../../long/service/executions.ts';
import { cpuTime, postgresSeconds } from './cpu-time.ts';
import { smallPlan, withLatency } from './small-plan.ts';

const SETTLE_MS = 1_000;

export interface ConcurrencyOptions {
  readonly requests: number;
  readonly workers: number;
  readonly latencyMs: number;
}

type Cpu = Readonly<Record<'server' | 'runner' | 'postgres' | 'client and model', number>>;

export interface Concurrency {
  readonly tookS: number;
  /** What the model alone would take. */
  readonly boundS: number;
  /** Processor time of each execution, by who used it. */
  readonly cpuMs: Cpu;
}

/** So many executions asked for at once, by so many workers, with a model that is asked once for each. */
export async function concurrency(
  world: World,
  databaseUrl: string,
  { requests, workers, latencyMs }: ConcurrencyOptions,
): Promise<Concurrency> {
  withLatency(world.model, latencyMs);
  const server = await world.start({
    DATABASE_URL: databaseUrl,
    PTC_MAX_RUNS: String(workers),
    PTC_MAX_RUNS_PER_WORKER: String(workers),
  });
  const askAll = async (name: string, count: number): Promise<void> => {
    const plans = Array.from({ length: count }, (_, index) => smallPlan(`${name}-${index}`, 'never'));
    const results = await Promise.all(plans.map((plan) => execute(server.apiUrl, plan)));
    const other = results.find(({ status }) => status !== 'SUCCESS');
    if (other !== undefined) throw new Error(`${other.execution_id}: ${other.error_message ?? other.status}`);
  };
  try {
    // Each worker has worked once before.
    await askAll('before', workers);
    const before = await cpuOf(server.pid, databaseUrl);
    const startedAt = performance.now();
    await askAll('measured', requests);
    const tookS = (performance.now() - startedAt) / 1000;
    // The time of a runner of its own is known when it has ended, shortly after it has said what came of it.
    await sleep(SETTLE_MS);
    const after = await cpuOf(server.pid, databaseUrl);
    const each = (who: keyof Cpu): number => ((after[who] - before[who]) * 1000) / requests;
    return {
      tookS,
      boundS: (Math.ceil(requests / workers) * latencyMs) / 1000,
      cpuMs: {
        server: each('server'),
        runner: each('runner'),
        postgres: each('postgres'),
        'client and model': each('client and model'),
      },
    };
  } finally {
    await server.end('SIGTERM');
  }
}

/** Seconds so far. */
async function cpuOf(serverPid: number, databaseUrl: string): Promise<Cpu> {
  const { own, children } = cpuTime(serverPid);
  const { user, system } = process.cpuUsage();
  const postgres = await postgresSeconds(databaseUrl);
  // Runners that have ended, and the one that does the jobs of many and lives.
  const runner = familyOf(serverPid)
    .filter((pid) => pid !== serverPid)
    .map(cpuTime)
    .reduce((sum, living) => sum + living.own + living.children, children);
  return { server: own, runner, postgres, 'client and model': (user + system) / 1e6 };
}
