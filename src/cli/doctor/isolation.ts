import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readCaller } from '../../config.ts';
import { IsolationProbe } from '../../protocol/isolation-probe.ts';
import { RUNNER_FILE } from '../../run-settings.ts';
import { plainLine, type Terminal } from '../terminal.ts';
import { fail, type Finding, ok, warn } from './finding.ts';

const TIMEOUT_MS = 120_000;
const NAME = 'isolation';
const REMEDY =
  'Install bubblewrap (apt-get install bubblewrap) and allow user namespaces; or run as root, then commands get a user of their own.';

/** What keeps a repository's commands apart here: the runner itself is asked, as it will be at work. */
export async function isolationFindings(dataFolder: string, terminal: Terminal): Promise<readonly Finding[]> {
  const parent = await stat(dataFolder).then(
    () => dataFolder,
    () => tmpdir(),
  );
  let folder: string;
  try {
    folder = await mkdtemp(path.join(parent, 'doctor-'));
  } catch {
    return [fail(NAME, `nothing can be tried in ${parent}`, 'See to the data folder first.')];
  }
  try {
    await chmod(folder, 0o711);
    return describe(await ask(folder, terminal));
  } catch (error) {
    const said = error instanceof Error ? plainLine(error.message).slice(0, 500) : String(error);
    return [fail(NAME, `the runner could not be asked: ${said}`, 'Build it: npm run build')];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function ask(folder: string, { env }: Terminal): Promise<IsolationProbe> {
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
            resolve(IsolationProbe.parse(JSON.parse(stdout)));
          } catch (cause) {
            reject(new Error('it answered something else', { cause }));
          }
        }
      },
    );
  });
}

function describe(found: IsolationProbe): readonly Finding[] {
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
