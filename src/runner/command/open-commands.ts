import { accessSync, constants, realpathSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { PtcError } from '../../domain/errors.ts';
import { type IsolationWay } from '../../protocol/runner-probe.ts';
import { createBubblewrapEnclosure } from './bubblewrap-enclosure.ts';
import { openCgroups } from './cgroup-descendants.ts';
import { isolationUnavailable } from './command-errors.ts';
import { type CommandUser } from './command-user.ts';
import { type Commands } from './command.ts';
import { commandsIn, runEnclosed } from './enclosed-commands.ts';
import { openContext, type OpenCommandsOptions } from './enclosure-context.ts';
import { type Enclosure, type EnclosureContext } from './enclosure.ts';
import { createPlainEnclosure } from './plain-enclosure.ts';

const PROBE_TIMEOUT_MS = 20_000;

/**
 * Finds the strongest way this machine has to keep the repository's commands apart from the runner, by
 * running a command that way. Makes `<root>/cache` for packages, shared by all commands.
 * `limits.memoryMb` holds for each process, 1024 at least, and, looked at twice a second, for a command's
 * processes together.
 *
 * @throws PtcError `isolation-unavailable`
 */
export async function openCommands(options: OpenCommandsOptions): Promise<Commands> {
  const context = await openContext(options);
  try {
    return commandsIn(await chooseEnclosure(context, options.settings.allowNone), context);
  } catch (error) {
    await fs.rm(context.scratch, { recursive: true, force: true });
    throw error;
  }
}

/** Tries every way there is, strongest first, and says of each whether it works and what it lacks. */
export async function probeIsolation(options: OpenCommandsOptions): Promise<readonly IsolationWay[]> {
  const context = await openContext(options);
  const found: IsolationWay[] = [];
  try {
    for (const make of candidates(context, true)) {
      const enclosure = await make();
      if (enclosure === null) continue;
      const { level, caveats } = enclosure;
      const works = found.some((each) => each.level === level && each.reason === null);
      if (!works) found.push({ level, reason: await reasonAgainst(enclosure, context), caveats });
      await enclosure.close();
    }
    const working = new Set(found.filter(({ reason }) => reason === null).map(({ level }) => level));
    return found.filter(({ level, reason }) => reason === null || !working.has(level));
  } finally {
    await fs.rm(context.scratch, { recursive: true, force: true });
  }
}

/** The first that works, strongest first. */
async function chooseEnclosure(context: EnclosureContext, allowNone: boolean): Promise<Enclosure> {
  const reasons: string[] = [];
  for (const make of candidates(context, allowNone)) {
    const enclosure = await make();
    if (enclosure === null) continue;
    const reason = await reasonAgainst(enclosure, context);
    if (reason === null) return enclosure;
    reasons.push(`${enclosure.level}: ${reason}`);
    await enclosure.close();
  }
  throw isolationUnavailable([...new Set(reasons)], context.user !== null);
}

function candidates(
  context: EnclosureContext,
  allowNone: boolean,
): readonly (() => Enclosure | null | Promise<Enclosure>)[] {
  const { user } = context;
  const plain = (user: CommandUser | null, hasLimits: boolean) => [
    () => {
      const cgroups = openCgroups();
      return cgroups === null ? null : createPlainEnclosure(context, { user, cgroups, hasLimits });
    },
    () => createPlainEnclosure(context, { user, cgroups: null, hasLimits }),
  ];
  return [
    () => createBubblewrapEnclosure(context, realpathSync(process.execPath)),
    () => createBubblewrapEnclosure(context, null),
    ...(user === null ? [] : plain(user, true)),
    ...(allowNone ? plain(null, hasProgram('prlimit', context.searchPath)) : []),
  ];
}

/** Null when a command runs that way. */
async function reasonAgainst(enclosure: Enclosure, context: EnclosureContext): Promise<string | null> {
  try {
    const { exitCode, output } = await runEnclosed(enclosure, context, {
      command: enclosure.probe,
      tree: context.cache,
      writable: [],
      env: {},
      network: 'none',
      timeoutMs: PROBE_TIMEOUT_MS,
      signal: new AbortController().signal,
    });
    return exitCode === 0 ? null : output.trim() || 'a command that does nothing did not end well.';
  } catch (error) {
    if (error instanceof PtcError) return error.message;
    throw error;
  }
}

function hasProgram(name: string, searchPath: string): boolean {
  return searchPath.split(':').some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
