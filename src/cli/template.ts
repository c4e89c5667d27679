import path from 'node:path';
import { type DaytonaAccount, readDaytonaAccount } from '../config.ts';
import { RUNNER_FILE } from '../run-settings.ts';
import { type Snapshots } from '../workspace/daytona/snapshots.ts';
import { EXIT } from './run/exit-code.ts';
import { type TemplateBundle, writeBundle } from './template/bundle.ts';
import { plainLine, type Terminal } from './terminal.ts';

export interface BuildOptions {
  readonly out?: string;
}

export interface CreateOptions extends BuildOptions {
  /** An image in a registry, in place of building one at Daytona. */
  readonly image?: string;
  readonly cpu?: number;
  /** GiB */
  readonly memory?: number;
  /** GiB */
  readonly disk?: number;
}

/** `ptc template build`: the folder an image can be built from. Resolves to the exit code. */
export async function build(options: BuildOptions, terminal: Terminal): Promise<number> {
  const { name, folder } = await bundle(options, terminal);
  terminal.out.write(`${name} is in ${folder}\n`);
  return EXIT.succeeded;
}

/**
 * `ptc template create`: makes the snapshot of this version at Daytona, unless it is there; another content has
 * another name. Resolves to the exit code; rejects as the snapshots do.
 */
export async function create(options: CreateOptions, terminal: Terminal): Promise<number> {
  const account = readDaytonaAccount(terminal.env);
  const { name, folder, resources } = await bundle(options, terminal);
  const { image, cpu, memory, disk } = options;
  const snapshots = await open(account);
  const become = await snapshots.ensure(
    {
      name,
      image: image === undefined ? { dockerfile: path.join(folder, 'Dockerfile') } : { reference: image },
      resources: {
        cpu: cpu ?? resources.cpu,
        memory: memory ?? resources.memory,
        disk: disk ?? resources.disk,
      },
    },
    (line) => terminal.err.write(`${plainLine(line)}\n`),
  );
  terminal.out.write(`The snapshot ${name} ${SAID[become]}. Set PTC_DAYTONA_SNAPSHOT=${name}\n`);
  return EXIT.succeeded;
}

const SAID = { created: 'is made', woken: 'was asleep and is active', there: 'is there already' } as const;

/**
 * `ptc template verify`: is the snapshot active, and does it speak this protocol? A workspace is started from it for
 * a moment. Resolves to the exit code; rejects as the snapshots do.
 * @param given its name; that of PTC_DAYTONA_SNAPSHOT, or of this version's own template, unless told
 */
export async function verify(given: string | undefined, terminal: Terminal): Promise<number> {
  const account = readDaytonaAccount(terminal.env);
  const name = given ?? account.PTC_DAYTONA_SNAPSHOT ?? (await bundle({}, terminal)).name;
  const snapshots = await open(account);
  const { hasThisRunner } = await snapshots.verify(name, RUNNER_FILE);
  const rest = hasThisRunner
    ? 'has this version’s runner.'
    : 'has a runner of another version of the same protocol: each workspace gets this one first.';
  terminal.out.write(`The snapshot ${name} is active and ${rest}\n`);
  return EXIT.succeeded;
}

const bundle = ({ out }: BuildOptions, { folder }: Terminal): Promise<TemplateBundle> =>
  writeBundle(
    out === undefined ? path.join(path.dirname(RUNNER_FILE), 'template') : path.resolve(folder, out),
  );

/** Loaded here, because the SDK takes its time. */
async function open(account: DaytonaAccount): Promise<Snapshots> {
  const { openSnapshots } = await import('../workspace/daytona/snapshots.ts');
  return openSnapshots({
    apiKey: account.DAYTONA_API_KEY,
    apiUrl: account.DAYTONA_API_URL,
    target: account.DAYTONA_TARGET ?? null,
    signal: new AbortController().signal,
  });
}
