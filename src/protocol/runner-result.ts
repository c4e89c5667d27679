import * as z from 'zod';
import { Plan } from '../domain/plan.ts';
import { ProblemSchema } from '../domain/run.ts';
import { Proof } from './proof.ts';
import { PROTOCOL_VERSION } from './version.ts';

export const FileMode = z.enum(['100644', '100755', '120000']);
export type FileMode = z.infer<typeof FileMode>;

/** One file of the change as it stands at the end; `content` null is a deletion. */
export const ChangedFile = z
  .object({
    path: z.string().min(1),
    mode: FileMode,
    content: z.string().nullable(),
    encoding: z.enum(['utf-8', 'base64']),
  })
  .readonly();
export type ChangedFile = z.infer<typeof ChangedFile>;

/** How one subtask of a plan ended. */
export const SubtaskResult = z
  .object({
    /** Its index in the plan. */
    index: z.number().int().nonnegative(),
    /** `skipped`: one that it waits for failed. */
    state: z.enum(['done', 'failed', 'skipped']),
    /** What it answered or changed in its own words, or why it did not. */
    output: z.string(),
    problem: ProblemSchema.nullable(),
    /** Of one that failed: what it had changed by then, as a git diff, which is no part of the change. */
    diff: z.string(),
  })
  .readonly();
export type SubtaskResult = z.infer<typeof SubtaskResult>;

/** `result.json`: what a runner hands back. A claim from an untrusted place until the gate has judged it. */
export const RunnerResult = z
  .object({
    protocolVersion: z.literal(PROTOCOL_VERSION),
    runId: z.string(),
    status: z.enum(['done', 'failed', 'cancelled']),
    problem: ProblemSchema.nullable(),
    baseSha: z.string(),
    /** The change in words, by the model: a title of one line, and what and why. */
    summary: z.object({ title: z.string(), body: z.string() }).readonly().nullable(),
    files: z.array(ChangedFile).readonly(),
    /** The change as a git diff against the base. */
    diff: z.string(),
    proof: Proof.nullable(),
    /** What was executed; null when one agent did it all, or nothing was planned yet. */
    plan: Plan.nullable(),
    /** Whether a model that saw the whole found that it does the task; null where none was asked. */
    verification: z.object({ verdict: z.boolean(), feedback: z.string() }).readonly().nullable(),
    /** One for each subtask of the plan that came to an end, by index. */
    subtasks: z.array(SubtaskResult).readonly(),
  })
  .readonly();
export type RunnerResult = z.infer<typeof RunnerResult>;

/**
 * True when nothing keeps the change from being called done: its proof is green, the checks are those of the
 * base, and nobody who reviewed the whole objects.
 */
export const isProven = ({ proof, verification }: Pick<RunnerResult, 'proof' | 'verification'>): boolean =>
  proof?.verdict === 'green' && proof.checkConfiguration.length === 0 && verification?.verdict !== false;
