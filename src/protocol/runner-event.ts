import * as z from 'zod';
import { Plan } from '../domain/plan.ts';
import { ToolSpec, UserMessage } from './conversation.ts';
import { CheckKind, CommandEnd, Proof, ValidationStage } from './proof.ts';
import { SubtaskWorked } from './subtask-worked.ts';
import { PROTOCOL_VERSION } from './version.ts';

const envelope = {
  seq: z.number().int().positive(),
  at: z.iso.datetime(),
  /** Index of the subtask this belongs to; absent outside of any. */
  subtask: z.number().int().nonnegative().optional(),
};

export const RunnerPhase = z.enum([
  'cloning',
  'installing',
  'planning',
  'working',
  'merging',
  'proving',
  'verifying',
  'finishing',
]);
export type RunnerPhase = z.infer<typeof RunnerPhase>;

/**
 * A request to the model of the run. Only what is new is sent: the app keeps the conversation. `system` and
 * `tools` come with the first request of a conversation and are null after it. The app chooses model, size
 * and rate.
 */
export const ModelRequestEvent = z
  .object({
    ...envelope,
    type: z.literal('model.request'),
    /** `<conversationId>/<n>`, n from 1 without gaps: the same request is asked under the same id. */
    requestId: z.string(),
    conversationId: z.string(),
    system: z.string().nullable(),
    tools: z.array(ToolSpec).readonly().nullable(),
    append: UserMessage,
    /**
     * How often the checks have failed the models asked before: the app may then ask the next one in the
     * run's order.
     */
    escalation: z.number().int().nonnegative(),
  })
  .readonly();
export type ModelRequestEvent = z.infer<typeof ModelRequestEvent>;

/**
 * One line of a workspace's `events.ndjson`. `seq` counts from 1 without gaps. A line is at most 1 MB; a
 * larger event is stored as `blobs/<sha256>` and its line is `{"seq": n, "blob": "<sha256>"}`.
 */
export const RunnerEvent = z.discriminatedUnion('type', [
  z
    .object({
      ...envelope,
      type: z.literal('runner.started'),
      protocolVersion: z.literal(PROTOCOL_VERSION),
      isolation: z.enum(['bubblewrap', 'separate-user', 'none']),
    })
    .readonly(),
  z.object({ ...envelope, type: z.literal('phase'), phase: RunnerPhase }).readonly(),
  z
    .object({
      ...envelope,
      type: z.literal('checks.found'),
      setup: z.array(z.string()).readonly(),
      checks: z
        .array(z.object({ name: z.string(), kind: CheckKind, command: z.string() }).readonly())
        .readonly(),
    })
    .readonly(),
  z
    .object({
      ...envelope,
      type: z.literal('command'),
      purpose: z.enum(['setup', 'check', 'agent']),
      tree: z.enum(['base', 'work', 'proof']),
      command: z.string(),
      end: CommandEnd,
    })
    .readonly(),
  ModelRequestEvent,
  z
    .object({ ...envelope, type: z.literal('tool'), name: z.string(), summary: z.string(), ok: z.boolean() })
    .readonly(),
  z
    .object({
      ...envelope,
      type: z.literal('patch'),
      applied: z.boolean(),
      /** Files changed, or why the patch was refused. */
      detail: z.string(),
    })
    .readonly(),
  z
    .object({
      ...envelope,
      type: z.literal('validation'),
      stage: ValidationStage,
      state: z.enum(['started', 'passed', 'failed']),
      /** As in the proof; empty at the start. */
      detail: z.string(),
    })
    .readonly(),
  z
    .object({
      ...envelope,
      type: z.literal('attempt'),
      attempt: z.number().int().positive(),
      verdict: Proof.unwrap().shape.verdict,
    })
    .readonly(),
  z
    .object({
      ...envelope,
      type: z.literal('plan'),
      plan: Plan,
      /** Who made it. */
      source: z.enum(['given', 'planner']),
    })
    .readonly(),
  /** What became of the subtask that the envelope names. */
  z
    .object({
      ...envelope,
      type: z.literal('subtask.state'),
      subtask: z.number().int().nonnegative(),
      /**
       * `redo`: its change did not merge with what was there by then, and it starts again on top of that.
       * `skipped`: one that it waits for failed.
       */
      state: z.enum(['started', 'redo', 'done', 'failed', 'skipped']),
      detail: z.string(),
    })
    .readonly(),
  /** A subtask has been worked out, and waits to be put together with the others. */
  z.object({ ...envelope, ...SubtaskWorked.unwrap().shape, type: z.literal('subtask.worked') }).readonly(),
  z.object({ ...envelope, type: z.literal('note'), text: z.string() }).readonly(),
  /** The last line: `result.json` is complete. */
  z.object({ ...envelope, type: z.literal('runner.finished') }).readonly(),
]);
export type RunnerEvent = z.infer<typeof RunnerEvent>;

/** What stands on a line of `events.ndjson`. */
export const EventLine = z.union([
  RunnerEvent,
  z.object({ seq: z.number().int().positive(), blob: z.string().regex(/^[0-9a-f]{64}$/) }).readonly(),
]);
