import { COMMAND_LINGERS, COMMIT_ON_BRANCH, MODEL_ASKED, type Moment } from './crash-moments.ts';

/** Before Daytona handles such a request (then it never will), or after it and before it answers. */
const atDaytona = (when: 'before' | 'after', step: string, route: string): Moment => ({
  name: `${step}, ${when} ${route}`,
  arm: ({ daytona }) => {
    let isReached = false;
    const standStill = (): Promise<never> => {
      isReached = true;
      return new Promise(() => {});
    };
    daytona?.on(route, when === 'before' ? standStill : { after: standStill }, { times: 1 });
    return { isReached: () => isReached };
  },
});

const START = 'POST /toolbox/process/session/{id}/exec';

/** Ten moments of a run in a Daytona workspace, in the order in which it comes to them. */
export const DAYTONA_MOMENTS: readonly Moment[] = [
  atDaytona('before', 'provisioning', 'POST /sandbox'),
  atDaytona('after', 'provisioning', 'POST /sandbox'),
  atDaytona('after', 'provisioning', 'POST /toolbox/files/bulk-upload'),
  atDaytona('after', 'provisioning', 'POST /toolbox/process/session'),
  atDaytona('after', 'provisioning', START),
  MODEL_ASKED,
  COMMAND_LINGERS,
  COMMIT_ON_BRANCH,
  atDaytona('before', 'disposing', 'DELETE /sandbox/{id}'),
  atDaytona('after', 'disposing', 'DELETE /sandbox/{id}'),
];
