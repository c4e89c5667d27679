import { join } from 'node:path';
import { type CheckPlace } from './checks/check-place.ts';
import { type FoundChecks } from './checks/check.ts';
import { findChecks } from './checks/find-checks.ts';
import { type BaseChecks, openBaseChecks } from './checks/proof/base-checks.ts';
import { readGuide } from './guide.ts';
import { type Checkout, type Repository } from './repository.ts';
import { type Session } from './session.ts';
import { openWorkTree } from './work-tree.ts';

/** What all work of a job stands on. */
export interface Ground {
  readonly repository: Repository;
  /** What the base is set up and checked with. */
  readonly found: FoundChecks;
  /** The base, which is set up and checked while others work. Only asked for when changes are proven. */
  readonly base: () => Promise<Base>;
  /** The repository's own guide for agents, null without one. */
  readonly guide: { readonly path: string; readonly text: string } | null;
  /** Files of the base. */
  readonly files: readonly string[];
}

/** What can be told of the base before any work. */
export type Overview = Pick<Ground, 'found' | 'guide' | 'files'>;

export const EMPTY_OVERVIEW: Overview = { found: { packages: [] }, guide: null, files: [] };

export async function lookAround({ job, signal }: Session, base: Checkout): Promise<Overview> {
  const files = await openWorkTree(base).trackedFiles(signal);
  const found = await findChecks(base.path, job.checks, files);
  return { found, guide: await readGuide(base.path), files };
}

export interface Base {
  readonly tree: string;
  readonly checks: BaseChecks;
}

export async function openBase(session: Session, { path }: Checkout): Promise<Base> {
  session.emit({ type: 'phase', phase: 'installing' });
  await session.commands.prepareFolder(path);
  return { tree: path, checks: openBaseChecks(checkPlace(session, 'base', path)) };
}

/** A checkout in which commands may run. */
export async function checkOutReady(
  { commands, signal }: Pick<Session, 'commands' | 'signal'>,
  repository: Repository,
  name: string,
  commit: string,
): Promise<Checkout> {
  const checkout = await repository.checkOut(name, commit, signal);
  await commands.prepareFolder(checkout.path);
  return checkout;
}

export const checkPlace = (
  { job, folder, commands, emit, signal }: Session,
  name: 'base' | 'work' | 'proof',
  tree: string,
): CheckPlace => ({
  tree,
  reports: join(folder.root, 'reports'),
  commands,
  timeoutMs: job.limits.checkTimeoutMs,
  signal,
  onCommand: (done) => emit({ type: 'command', tree: name, ...done }),
});
