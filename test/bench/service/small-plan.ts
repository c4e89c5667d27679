import { setTimeout as sleep } from 'node:timers/promises';
import { CALCULATOR, creating } from '../../helpers/new-files.ts';
import { type ScriptedModel, type ScriptedTurn } from '../../helpers/scripted-model.ts';
import { planFor } from '../../long/service/executions.ts';

/** A plan of which nothing is run. */
export const smallPlan = (executionId: string, cacheStrategy: 'always' | 'never'): object =>
  planFor(executionId, { enable_testing: false, cache_strategy: cacheStrategy });

/** What the model makes of it: all in one answer. */
export const ONE_ANSWER: readonly ScriptedTurn[] = [
  {
    text: 'All of it at once.',
    tools: [
      { name: 'apply_patch', input: { diff: creating(CALCULATOR) } },
      { name: 'finish', input: { title: 'Add a calculator', body: 'For the command line.' } },
    ],
  },
];

/** Puts `before` in front of every answer of the model; what the model says stays. */
export function delayAnswers({ server }: ScriptedModel, before: () => Promise<unknown>): void {
  for (const fixture of server.getFixtures()) {
    const { response } = fixture;
    fixture.response = async (request) => {
      await before();
      return typeof response === 'function' ? response(request) : response;
    };
  }
}

/** Has every answer of the model begin so much later. */
export const withLatency = (model: ScriptedModel, latencyMs: number): void =>
  delayAnswers(model, () => sleep(latencyMs));
