import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readCaller } from '../../config.ts';
import { type IsolationWay, RunnerProbe } from '../../protocol/runner-probe.ts';
import { RUNNER_FILE } from '../../run-settings.ts';
import { plainLine, type Terminal } from '../terminal.ts';
import { fail, type Finding, ok, warn } from './finding.ts';

const TIMEOUT_MS = 120_000;
const NAME = 'isolation';
const REMEDY =
  'Install bubblewrap (apt-get install bubblewrap) and allow user namespaces; or run as root, then commands get a user of their own.';

/** What the runner finds on this machine. */
export interface Probed {
  readonly findings: readonly Finding[];
  /** Folders where a repository's commands look for programs; null when the runner could not be asked. */
  readonly commandPath: readonly string[] | null;
}

/** What keeps a repository's commands apart here: the runner itself is asked, as it will be at work. */
export async function probeRunner(dataFolder: string, terminal: Terminal): Promise<Probed> {
  const parent = await stat(dataFolder).then(
    () => dataFolder,
    () => tmpdir(),
  );
  let folder: string;
  try {
    folder = await mkdtemp(path.join(parent, 'doctor-'));
  } catch {
    return unknown(`nothing can be tried in ${parent}`, 'See to the data folder first.');
  }
  try {
    await chmod(folder, 0o711);
    const { isolation, commandPath } = await ask(folder, terminal);
    return { findings: describe(isolation), commandPath };
  } catch (error) {
    const said = error instanceof Error ? plainLine(error.message).slice(0, 500) : String(error);
    return unknown(`the runner could not be asked: ${said}`, 'Build it: npm run build');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const unknown = (said: string, remedy: string): Probed => ({
  findings: [fail(NAME, said, remedy)],
  commandPath: null,
});

function ask(folder: string, { env }: Terminal): Promise<RunnerProbe> {
  const { searchPath } = readCaller(env);
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [RUNNER_FILE, '--probe', folder],
      { env: { PATH: searchPath, LANG: 'C.UTF-8' }, timeout: TIMEOUT_MS },
      (error, stdout, stderr) => {
        if (error !== null) reject(new Error(stderr.trim() || error.message));
        else {
          try {
            resolve(RunnerProbe.parse(JSON.parse(stdout)));
          } catch (cause) {
            reject(new Error('it answered something else', { cause }));
          }
        }
      },
    );
  });
}

function describe(found: readonly IsolationWay[]): readonly Finding[] {
  const best = found.find(({ reason }) => reason === null);
  const better = found
    .filter(({ reason }) => reason !== null)
    .map(({ level, reason }) => `${level}: ${plainLine(reason ?? '')}`);
  if (best === undefined) return [fail(NAME, `none (${better.join('; ')})`, REMEDY)];
  const lacks = best.caveats.length === 0 ? '' : `; what it cannot promise: ${best.caveats.join(' ')}`;
  if (best.level === 'bubblewrap') return [ok(NAME, `bubblewrap${lacks}`)];
  if (best.level === 'separate-user')
    return [warn(NAME, `separate-user, because ${better.join('; ')}${lacks}`, REMEDY)];
  return [
    fail(
      NAME,
      `none works (${better.join('; ')})`,
      `${REMEDY} --unsafe-no-isolation goes on without; never with a repository you do not trust.`,
    ),
  ];
}
