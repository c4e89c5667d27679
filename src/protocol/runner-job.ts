import * as z from 'zod';
import { Plan } from '../domain/plan.ts';
import { Acceptance, Task } from '../domain/run.ts';
import { SubtaskWorked } from './subtask-worked.ts';
import { PROTOCOL_VERSION } from './version.ts';

/** Commands the repository's owner named in `.github/ptc.yml` of the default branch; null is "find out". */
export const CheckCommands = z
  .object({
    setup: z.array(z.string()).nullable(),
    test: z.string().nullable(),
    lint: z.string().nullable(),
    typecheck: z.string().nullable(),
  })
  .readonly();
export type CheckCommands = z.infer<typeof CheckCommands>;

export const RunnerLimits = z
  .object({
    /** Times the proof may be red before the run gives up, the first one included. */
    attempts: z.number().int().positive(),
    /** Model turns of one agent over all its attempts. */
    turns: z.number().int().positive(),
    /** Subtasks at work at the same time. */
    parallel: z.number().int().positive(),
    /** Wall time of one command of the agent, and of one set-up or check command. */
    commandTimeoutMs: z.number().int().positive(),
    checkTimeoutMs: z.number().int().positive(),
    /** Wall time of the whole job. */
    jobTimeoutMs: z.number().int().positive(),
    /** A command that prints more is ended; of what it printed, head and tail are kept. */
    outputLimitBytes: z.number().int().positive(),
    memoryMb: z.number().int().positive(),
    processes: z.number().int().positive(),
    fileSizeMb: z.number().int().positive(),
  })
  .readonly();
export type RunnerLimits = z.infer<typeof RunnerLimits>;

/** How the target's commands are kept apart from the runner; see docs. */
export const IsolationSettings = z
  .object({
    /** Lets commands run without any isolation when the machine offers none. */
    allowNone: z.boolean(),
    /** Unprivileged user for the commands, used when the runner is root; null without one. */
    uid: z.number().int().positive().nullable(),
    /** Host names that set-up commands may reach besides the public registries of their ecosystems. */
    registries: z.array(z.string()).readonly(),
  })
  .readonly();
export type IsolationSettings = z.infer<typeof IsolationSettings>;

/** Everything a runner is told; written once as `job.json` into the workspace. Holds no secret. */
export const RunnerJob = z
  .object({
    protocolVersion: z.literal(PROTOCOL_VERSION),
    runId: z.string().min(1),
    repository: z
      .object({
        /** Where there is no repository, a name for the work. */
        fullName: z.string(),
        /** Null when there is no repository: the work starts from nothing, which the runner makes itself. */
        cloneUrl: z.url().nullable(),
        baseBranch: z.string(),
        /** The commit the work starts from, chosen by the app; without a repository it is `EMPTY_BASE_SHA`. */
        baseSha: z.string().regex(/^[0-9a-f]{40}$/),
        /** True when a clone-token message will come and must be waited for. */
        needsToken: z.boolean(),
      })
      .readonly(),
    task: Task,
    /** Executed as given; null lets the runner decide whether one is needed, and make it. */
    plan: Plan.nullable(),
    /**
     * `run`: the whole job. `plan-only`: it ends when the plan is made. `atomic`: never planned, one agent does
     * it all.
     */
    mode: z.enum(['run', 'plan-only', 'atomic']),
    acceptance: Acceptance.default('proof'),
    /** Packages to be used, as the registry of the work's language names them: `requests>=2`, `express`. */
    dependencies: z.array(z.string()).readonly().default([]),
    /** Set when an earlier workspace of the run was lost: this one goes on from what had been worked out. */
    resume: z
      .object({
        /** How many workspaces there were before. */
        life: z.number().int().positive(),
        /** The number of this workspace's first event. */
        firstSeq: z.number().int().positive(),
        worked: z.array(SubtaskWorked).readonly(),
      })
      .readonly()
      .nullable(),
    checks: CheckCommands,
    limits: RunnerLimits,
    isolation: IsolationSettings,
  })
  .readonly();
export type RunnerJob = z.infer<typeof RunnerJob>;
