import { type CommandSpec } from '../../../../src/runner/command/command.ts';
import { type CommandEnd } from '../../../../src/protocol/proof.ts';
import { type CommandBed } from '../command-bed.ts';
import { type Host } from './host.ts';
import { type LevelId } from './levels.ts';

/** What a level says that it cannot promise: words of its caveat. */
export const CAVEATS = {
  ownUser: "Commands run as the runner's own user",
  everyUser: 'Commands can read all files that every user of this machine may read, and write where',
  otherCommands: 'Commands can end other commands of their run',
  calls: 'Commands can use every system call',
  network: "Commands can use this machine's network",
  setUpNetwork: "Set-up commands share this machine's network",
  survivor: 'A process that leaves its session and clears its environment outlives its command',
  rootProcesses: 'The number of processes is not limited, because no such limit holds for root',
} as const;

export type Caveat = keyof typeof CAVEATS;

export interface Scene {
  readonly bed: CommandBed;
  readonly level: LevelId;
  readonly host: Host;
}

/** A row of the table: what a command tries, and at which levels it gets in. */
export interface Attack {
  readonly name: string;
  /** What holds it, or why nothing does: one line for people. */
  readonly why: string;
  /** The levels at which it gets in, each with the caveat that says so; it is held at all others. */
  readonly open: Readonly<Partial<Record<LevelId, Caveat>>>;
  /** Held everywhere when the runner is not root. */
  readonly onlyAsRoot?: boolean;
  /** True when it got in. */
  readonly tryAt: (scene: Scene) => Promise<boolean>;
  /**
   * True when the runner itself can do it on this machine: else that it fails proves nothing. Null when it can
   * be done wherever a command can run.
   */
  readonly onItself: ((scene: Scene) => Promise<boolean>) | null;
}

/** Prints the sign that an attack got in; it stands in no command's own text. */
export const GOT_IN = 'echo in-$((40 + 2))';
export const SIGN = 'in-42';

/** Levels of an attack that only the runner's own rights let in. */
export const OWN_USER = { none: 'ownUser' } as const;

export const PLAIN_NETWORK = { cgroup: 'network', searched: 'network', none: 'network' } as const;

interface CommandAttack extends Pick<Attack, 'name' | 'why' | 'open'> {
  /** Prints the sign when it gets in. */
  readonly command: (scene: Scene) => string | Promise<string>;
  readonly network?: CommandSpec['network'];
}

/** An attack that is one command, in the bed's own tree. */
export function byCommand({ command, network = 'none', ...row }: CommandAttack): Attack {
  return {
    ...row,
    tryAt: async (scene) => (await scene.bed.run(await command(scene), { network })).output.includes(SIGN),
    onItself: async (scene) => (await scene.host.run(await command(scene))).includes(SIGN),
  };
}

interface FollowedAttack extends Pick<Attack, 'name' | 'why' | 'open' | 'onlyAsRoot'> {
  readonly command: (scene: Scene) => string | Promise<string>;
  readonly spec?: Partial<CommandSpec>;
  /** Looks at how it ended, and at what it left behind. */
  readonly gotIn: (end: CommandEnd, scene: Scene) => boolean | Promise<boolean>;
}

/** An attack whose effect is seen from outside. */
export function byEffect({ command, spec = {}, gotIn, ...row }: FollowedAttack): Attack {
  return {
    ...row,
    tryAt: async (scene) => gotIn(await scene.bed.run(await command(scene), spec), scene),
    onItself: null,
  };
}

/** Words for the shell around a Perl program. */
export function perl(program: string): string {
  return `perl -e '${program}'`;
}

/** The number of a system call on this machine's processor; only x86-64 and arm64 are tested. */
export function callNumber(x64: number, arm64: number): number {
  return process.arch === 'arm64' ? arm64 : x64;
}
