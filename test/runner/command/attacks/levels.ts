import { realpathSync } from 'node:fs';
import { createBubblewrapEnclosure } from '../../../../src/runner/command/bubblewrap-enclosure.ts';
import { openCgroups } from '../../../../src/runner/command/cgroup-descendants.ts';
import { createPlainEnclosure } from '../../../../src/runner/command/plain-enclosure.ts';
import { hasTool } from '../../../helpers/required-tool.ts';
import { type MakeEnclosure } from '../command-bed.ts';

export type LevelId = 'bubblewrap' | 'sharing' | 'cgroup' | 'searched' | 'none';

/** One way to keep commands apart; a column of the table. */
export interface Level {
  readonly id: LevelId;
  readonly title: string;
  /** What a machine must have for it. */
  readonly needs: string;
  readonly isHere: () => boolean;
  readonly make: MakeEnclosure;
}

const hasBubblewrap = (): boolean => hasTool('bwrap', ['--unshare-all', '--ro-bind', '/', '/', '--', 'true']);
const canDropUser = (): boolean => process.getuid?.() === 0 && hasTool('setpriv');

function canMakeCgroup(): boolean {
  const opened = openCgroups();
  opened?.close();
  return opened !== null;
}

export const LEVELS: readonly Level[] = [
  {
    id: 'bubblewrap',
    title: 'bubblewrap',
    needs: 'bubblewrap',
    isHere: hasBubblewrap,
    make: (context) => createBubblewrapEnclosure(context, realpathSync(process.execPath)),
  },
  {
    id: 'sharing',
    title: "bubblewrap, runner's Node out of reach",
    needs: 'bubblewrap',
    isHere: hasBubblewrap,
    make: (context) => createBubblewrapEnclosure(context, null),
  },
  {
    id: 'cgroup',
    title: 'separate user, cgroup',
    needs: 'a root runner with setpriv and cgroup v2',
    isHere: () => canDropUser() && canMakeCgroup(),
    make: (context) =>
      createPlainEnclosure(context, { user: context.user, cgroups: openCgroups(), hasLimits: true }),
  },
  {
    id: 'searched',
    title: 'separate user',
    needs: 'a root runner with setpriv',
    isHere: canDropUser,
    make: (context) => createPlainEnclosure(context, { user: context.user, cgroups: null, hasLimits: true }),
  },
  {
    id: 'none',
    title: 'none',
    needs: 'prlimit',
    isHere: () => hasTool('prlimit'),
    make: (context) => createPlainEnclosure(context, { user: null, cgroups: null, hasLimits: true }),
  },
];
