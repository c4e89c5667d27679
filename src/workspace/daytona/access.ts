import { type Daytona } from '@daytonaio/sdk';
import { type Call } from './call.ts';
import { type DaytonaSettings, type Patience } from './settings.ts';

/** The way to Daytona, and on whose behalf. */
export interface SandboxAccess {
  readonly daytona: Daytona;
  readonly settings: DaytonaSettings;
  readonly patience: Patience;
  readonly call: Call;
}
