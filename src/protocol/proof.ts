import * as z from 'zod';

export const CheckKind = z.enum(['test', 'lint', 'typecheck']);
export type CheckKind = z.infer<typeof CheckKind>;

export const TestCounts = z
  .object({
    passed: z.number().int().nonnegative(),
    failed: z.number().int().nonnegative(),
    skipped: z.number().int().nonnegative(),
  })
  .readonly();
export type TestCounts = z.infer<typeof TestCounts>;

/** How a command ended. `limit` names what stopped it when it did not end by itself. */
export const CommandEnd = z
  .object({
    exitCode: z.number().int().nullable(),
    limit: z.enum(['timeout', 'output', 'memory', 'cancelled']).nullable(),
    durationMs: z.number().nonnegative(),
    /** Head and tail of what it printed, both streams in order. */
    output: z.string(),
    /** Bytes it printed in all. */
    outputBytes: z.number().int().nonnegative(),
  })
  .readonly();
export type CommandEnd = z.infer<typeof CommandEnd>;

/**
 * One run of one check on one tree. `counts` come from the tool's own report, null without one. Of a linter or
 * type checker, `failed` are its faults and `skipped` its warnings.
 */
export const CheckRun = z
  .object({ passed: z.boolean(), counts: TestCounts.nullable(), end: CommandEnd })
  .readonly();
export type CheckRun = z.infer<typeof CheckRun>;

export const CheckProof = z
  .object({
    name: z.string(),
    kind: CheckKind,
    command: z.string(),
    base: CheckRun.nullable(),
    head: CheckRun.nullable(),
  })
  .readonly();
export type CheckProof = z.infer<typeof CheckProof>;

/**
 * A test that the change adds or alters, seen on both trees. It proves the change when it passes on the head
 * and fails on the base by assertion, or fails to load there because what it tests does not exist yet.
 */
export const TestProof = z
  .object({
    file: z.string(),
    name: z.string(),
    base: z.enum(['assertion', 'missing-subject', 'load-error', 'passed', 'not-run']),
    head: z.enum(['passed', 'failed', 'skipped', 'not-run']),
    proves: z.boolean(),
    /** It was seen to fail while nothing but tests was changed: it was written before what it shows. */
    first: z.boolean().default(false),
  })
  .readonly();
export type TestProof = z.infer<typeof TestProof>;

/**
 * Of the lines that the change adds or alters, tests aside, and of which a tool tells anything: how many the
 * repository's tests ran, and where the others stand, as [first, last] from 1. It never changes the verdict.
 */
export const Coverage = z
  .object({
    covered: z.number().int().nonnegative(),
    coverable: z.number().int().positive(),
    files: z
      .array(
        z
          .object({
            path: z.string(),
            uncoveredLines: z
              .array(z.tuple([z.number().int().positive(), z.number().int().positive()]).readonly())
              .readonly(),
          })
          .readonly(),
      )
      .readonly(),
  })
  .readonly();
export type Coverage = z.infer<typeof Coverage>;

/** Stages of a validation in their order; one that fails stops those after it. */
export const ValidationStage = z.enum(['syntactic', 'semantic', 'integration']);
export type ValidationStage = z.infer<typeof ValidationStage>;

/** How one stage ended; `detail` says in a line what was looked at, or what failed. */
export const StageProof = z
  .object({
    stage: ValidationStage,
    state: z.enum(['passed', 'failed', 'not-run']),
    detail: z.string(),
  })
  .readonly();
export type StageProof = z.infer<typeof StageProof>;

export const Proof = z
  .object({
    /**
     * `green`: every check passes on the head (failures known on the base aside) and at least one test proves
     * the change. `unproven`: the checks pass, nothing proves the change. `red`: a check fails that did not
     * fail on the base. `none`: there was nothing to check with.
     */
    verdict: z.enum(['green', 'unproven', 'red', 'none']),
    /** Each reason, in words for people, why the verdict is not green. */
    reasons: z.array(z.string()).readonly(),
    isolation: z.enum(['bubblewrap', 'separate-user', 'none']),
    setup: z
      .array(z.object({ command: z.string(), tree: z.string(), end: CommandEnd }).readonly())
      .readonly(),
    checks: z.array(CheckProof).readonly(),
    tests: z.array(TestProof).readonly(),
    /** Tests that failed on the base already. */
    knownFailures: z.array(z.string()).readonly(),
    /** Tests that fail, and faults that are found, on the head and were not on the base. */
    newFailures: z.array(z.string()).readonly(),
    deletedTests: z.array(z.string()).readonly(),
    skippedTests: z.array(z.string()).readonly(),
    /** Changed files that configure the checks themselves: the pull request stays a draft. */
    checkConfiguration: z.array(z.string()).readonly(),
    /** Null when no tool could tell. */
    coverage: Coverage.nullable().default(null),
    /** All three in order; null when the change was not validated in stages. */
    stages: z.array(StageProof).readonly().nullable().default(null),
  })
  .readonly();
export type Proof = z.infer<typeof Proof>;
