import path from 'node:path';
import { styleText } from 'node:util';
import { type Config, readConfig, readRunConfig } from '../config.ts';
import { type Problem, toProblem } from '../domain/errors.ts';
import { databaseFinding } from './doctor/database.ts';
import { type Finding, fail, warn } from './doctor/finding.ts';
import { probeRunner } from './doctor/isolation.ts';
import { folderFinding, gitFinding, nodeFinding, toolchainFindings } from './doctor/machine.ts';
import { modelFindings } from './doctor/models.ts';
import { EXIT } from './run/exit-code.ts';
import { dataFolder, plainLine, type Terminal } from './terminal.ts';

/** The options of `ptc doctor` as the command line has them. */
export interface DoctorOptions {
  readonly offline?: true;
  readonly json?: true;
  readonly dataDir?: string;
}

/**
 * `ptc doctor`: is everything there for runs, from a terminal and from GitHub? Resolves to the exit code: 0 when
 * nothing failed. No secret is printed.
 */
export async function doctor(options: DoctorOptions, terminal: Terminal): Promise<number> {
  const isOffline = options.offline === true;
  const run = attempt(() => readRunConfig(terminal.env));
  const server = attempt(() => readConfig(terminal.env));
  const folder = dataFolder(terminal, options.dataDir ?? run.config?.PTC_DATA_DIR);
  const probed = await probeRunner(folder, terminal);
  const findings: readonly Finding[] = [
    nodeFinding(),
    await gitFinding(terminal),
    await folderFinding('data folder', folder),
    ...probed.findings,
    ...(probed.commandPath === null ? [] : await toolchainFindings(probed.commandPath, terminal)),
    ...(run.config === null
      ? [fail('configuration', run.problem.message, run.problem.remedy)]
      : await modelFindings(run.config, isOffline)),
    ...(server.config === null
      ? [serverMissing(server.problem)]
      : await serverFindings(server.config, terminal, isOffline)),
  ];
  const failed = findings.some(({ level }) => level === 'fail');
  terminal.out.write(
    options.json === true ? `${JSON.stringify({ ok: !failed, findings })}\n` : textOf(findings, terminal),
  );
  return failed ? EXIT.failed : EXIT.succeeded;
}

type Attempt<T> =
  { readonly config: T; readonly problem: null } | { readonly config: null; readonly problem: Problem };

function attempt<T>(read: () => T): Attempt<T> {
  try {
    return { config: read(), problem: null };
  } catch (thrown) {
    return { config: null, problem: toProblem(thrown) };
  }
}

/** A terminal needs no server; so this is no failure. */
const serverMissing = ({ message }: Problem): Finding =>
  warn(
    'server',
    plainLine(message),
    'Only `ptc serve` needs these variables: .env.example says what each means.',
  );

async function serverFindings(
  config: Config,
  terminal: Terminal,
  isOffline: boolean,
): Promise<readonly Finding[]> {
  const folder = path.resolve(terminal.folder, config.PTC_DATA_DIR);
  // Loaded here, because it takes a second that nobody else needs to wait.
  const { gitHubFindings } = await import('./doctor/github.ts');
  return [
    await folderFinding('server’s data folder', folder),
    await databaseFinding(config.DATABASE_URL, folder),
    ...(await gitHubFindings(config, isOffline)),
  ];
}

const MARKS = { ok: ['green', '✔'], warn: ['yellow', '!'], fail: ['red', '✘'] } as const;

function textOf(findings: readonly Finding[], { out }: Terminal): string {
  const lines = findings.flatMap(({ name, level, said, remedy }) => {
    const [colour, mark] = MARKS[level];
    const first = `${styleText(colour, mark, { stream: out })} ${name}: ${said}`;
    return remedy === null ? [first] : [first, `    ${remedy}`];
  });
  const count = (level: Finding['level']): number => findings.filter((each) => each.level === level).length;
  return `${lines.join('\n')}\n\n${count('fail')} failed, ${count('warn')} to look at.\n`;
}
