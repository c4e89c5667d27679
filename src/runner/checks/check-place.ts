import { type CommandEnd } from '../../protocol/proof.ts';
import { type Commands } from '../command/command.ts';

/** A command that has ended, as a person would have typed it. */
export interface CommandDone {
  readonly purpose: 'setup' | 'check';
  readonly command: string;
  readonly end: CommandEnd;
}

/** Where and with what a tree is set up and checked. Paths are absolute. */
export interface CheckPlace {
  readonly tree: string;
  /** Outside of the tree; every run makes a folder of its own in it and removes it again. */
  readonly reports: string;
  readonly commands: Commands;
  /** Wall time of one command. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onCommand: (done: CommandDone) => void;
}
