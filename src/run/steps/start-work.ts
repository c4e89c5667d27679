import { type RepositorySettings } from '../../domain/repository-settings.ts';
import { type Run } from '../../domain/run.ts';
import { type Ports } from '../ports.ts';
import { type Provision, provision, readSettings } from './provision.ts';
import { type StandaloneOrder, type StandaloneTerms, startStandalone } from './start-standalone.ts';

/**
 * Begins a run's work: in a workspace that stands alone where the operator wants that and the run can be done so,
 * else in one that the app follows. Which of the two it is is in what comes of it.
 */
export async function startWork(
  ports: Ports,
  run: Run,
  lost: Provision | null,
): Promise<Provision | StandaloneTerms> {
  const order = lost === null ? await standaloneOrder(ports, run) : null;
  return order === null ? provision(ports, run, lost) : startStandalone(ports, order);
}

export const isStandalone = (terms: Provision | StandaloneTerms): terms is StandaloneTerms =>
  'deadline' in terms;

/** Null for a run that the app has to follow. */
async function standaloneOrder(ports: Ports, run: Run): Promise<StandaloneOrder | null> {
  const { standalone, models, log } = ports;
  if (standalone === null) return null;
  const followed = (reason: string): null => {
    log.info({ runId: run.id, reason }, 'the run is followed: a workspace standing alone cannot do it');
    return null;
  };
  if (run.repository === null) return followed('it has no repository');
  const { target } = run;
  if (target.mode !== 'new-pull-request') return followed('it goes onto a branch that is there');
  const settings = await readSettings(ports, run);
  const reason = untellable(run, settings);
  if (reason !== null) return followed(reason);
  const [model] = models.choose(run.options.models ?? settings.models ?? null);
  const variables = model === undefined ? null : standalone.variablesFor(model);
  if (variables === null) return followed('the template knows no such provider');
  return { run, target, settings, variables, standalone };
}

/** What a run asks for that the template has no variable for; null when there is nothing of that kind. */
function untellable(
  { plan, allow, options }: Extract<Run, { allow: unknown }>,
  { setup, test, lint, typecheck }: RepositorySettings,
): string | null {
  const { acceptance, attempts, dependencies, planned } = options;
  if (plan !== null || !planned) return 'it comes with a plan, or is part of one';
  if (allow.length > 0) return 'it may touch what is asked about';
  if (acceptance !== 'proof' || attempts !== null || dependencies.length > 0) return 'it has options';
  const own = [setup, test, lint, typecheck].some((commands) => commands !== undefined);
  return own ? 'the repository names its own commands' : null;
}
