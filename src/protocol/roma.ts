import * as z from 'zod';
import { toProblem } from '../domain/errors.ts';
import { readPlan } from '../domain/plan.ts';
import { unsafePath } from '../domain/policy/paths.ts';
import { BranchName, RepositoryName } from './runs-api.ts';

/*
 * ROMA's wire contract: names, defaults and limits are those of its Python clients, which drop what they do not know
 * at the top level. What is ours stands in `metadata`.
 */

/** ROMA's names for who makes models. */
export const RomaProvider = z.enum(['claude', 'kimi', 'openai']);
export type RomaProvider = z.infer<typeof RomaProvider>;

export const DEFAULT_CACHE_TTL_S = 3600;
const MAX_ID_LENGTH = 512;
const MAX_DEPENDENCIES = 200;
const MAX_DEPENDENCY_LENGTH = 200;
/** Values are gone through by functions that call themselves. */
const MAX_DEPTH = 64;
const EARLIEST = Date.UTC(2000);
const LATEST = Date.UTC(2100);

/** A moment as Python writes it: without a zone it is UTC. */
const Moment = z
  .string()
  .max(64)
  .regex(/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/, {
    error: 'is no ISO 8601 time',
    abort: true,
  })
  .refine(isCredible, 'is no moment between 2000 and 2100')
  .meta({ description: 'ISO 8601; without a zone it is UTC.', examples: ['2026-01-13T09:30:00.123456'] });

function isCredible(text: string): boolean {
  const [, date = '', time = '', zone = 'Z'] = /^(.{10})[T ](.*?)(Z|[+-]\d{2}:?\d{2})?$/.exec(text) ?? [];
  const at = Date.parse(`${date}T${time.replace(',', '.')}${zone}`);
  // A day that its month does not have is moved into the next one by some parsers.
  const day = new Date(`${date}T00:00:00Z`);
  const isDay = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(date);
  return isDay && at >= EARLIEST && at < LATEST;
}

const JsonObject = z
  .record(z.string(), z.unknown())
  .refine((value) => !isDeep(value), `is nested more than ${MAX_DEPTH} deep`);

function isDeep(value: unknown): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return false;
}

/** A folder may end in a slash, and a path may begin at the folder that everything lies in. */
const FileStructure = z.record(z.string(), z.string()).superRefine((structure, context) => {
  for (const path of Object.keys(structure)) {
    const fault = unsafePath(path.replace(/^\.\//, '').replace(/\/$/, ''));
    if (fault !== null) context.addIssue({ code: 'custom', path: [path], message: `is refused: ${fault}` });
  }
});

/** What is to be made. */
export const ScaffoldingSpec = z
  .object({
    task_description: z.string().regex(/\S/, 'is empty'),
    requirements: z.array(z.string()).readonly().default([]),
    architecture: JsonObject.nullable().default(null),
    dependencies: z.array(z.string().max(MAX_DEPENDENCY_LENGTH)).max(MAX_DEPENDENCIES).readonly().default([]),
    file_structure: FileStructure.nullable().default(null),
    context: z.string().nullable().default(null),
  })
  .readonly()
  .meta({ id: 'ScaffoldingSpec' });
export type ScaffoldingSpec = z.infer<typeof ScaffoldingSpec>;

/** Ours: what a plan may say besides the contract. Null is as good as nothing. */
const PlanMetadata = z
  .looseObject({
    repository: RepositoryName.nullish().meta({
      description: 'owner/name: work on this repository, which ends in a pull request.',
    }),
    base: BranchName.nullish().meta({ description: 'Branch to start from; the default branch without it.' }),
    callback_url: z.string().nullish().meta({ description: 'Where webhooks of the run go.' }),
    plan: z
      .record(z.string(), z.unknown())
      .superRefine(addPlanFault)
      .nullish()
      .meta({ description: '{subtasks, dependencies_graph} in ROMA’s form, executed as given.' }),
  })
  .refine((value) => !isDeep(value), `is nested more than ${MAX_DEPTH} deep`);

function addPlanFault(plan: unknown, context: { addIssue(message: string): void }): void {
  if (isDeep(plan)) return;
  try {
    readPlan(plan);
  } catch (thrown) {
    context.addIssue(toProblem(thrown).message);
  }
}

/** The body of `POST /execute`. */
export const PTCExecutionPlan = z
  .object({
    execution_id: z.string().trim().min(1).max(MAX_ID_LENGTH),
    scaffolding: ScaffoldingSpec,
    primary_llm: RomaProvider.default('claude'),
    fallback_llm: RomaProvider.nullable().default('kimi'),
    max_iterations: z.int().min(1).max(10).default(3),
    timeout_seconds: z.int().min(30).max(3600).default(300),
    enable_testing: z.boolean().default(true),
    cache_strategy: z.enum(['always', 'never', 'smart']).default('smart'),
    cache_ttl: z
      .int()
      .min(0)
      .nullable()
      .default(DEFAULT_CACHE_TTL_S)
      .meta({ description: `Seconds; null is ${DEFAULT_CACHE_TTL_S}.` }),
    project_name: z.string().nullable().default(null),
    roma_task_id: z.string().nullable().default(null),
    created_at: Moment.optional(),
    metadata: PlanMetadata.default({}),
  })
  .readonly()
  .meta({ id: 'PTCExecutionPlan' });
export type PTCExecutionPlan = z.infer<typeof PTCExecutionPlan>;

export const ExecutionStatus = z.enum(['SUCCESS', 'PARTIAL_SUCCESS', 'FAILURE', 'TIMEOUT', 'CACHE_HIT']);
export type ExecutionStatus = z.infer<typeof ExecutionStatus>;

const ArtifactType = z.enum(['source_code', 'config', 'documentation', 'test', 'data']);

export const Artifact = z
  .object({
    /** Relative, with slashes, and never out of the folder it is joined to. */
    file_path: z.string(),
    content: z.string(),
    artifact_type: ArtifactType,
    language: z.string().nullable(),
    description: z.string().nullable(),
  })
  .readonly()
  .meta({ id: 'PTCArtifact' });
export type Artifact = z.infer<typeof Artifact>;

export const RomaTestResults = z
  .object({
    test_command: z.string(),
    exit_code: z.int(),
    stdout: z.string(),
    stderr: z.string(),
    tests_passed: z.int().nonnegative(),
    tests_failed: z.int().nonnegative(),
    duration_seconds: z.number().nonnegative(),
  })
  .readonly()
  .meta({ id: 'PTCTestResult' });
export type RomaTestResults = z.infer<typeof RomaTestResults>;

export const LlmUsage = z
  .object({
    provider: z.string(),
    model: z.string(),
    prompt_tokens: z.int().nonnegative(),
    completion_tokens: z.int().nonnegative(),
    total_tokens: z.int().nonnegative(),
    api_calls: z.int().nonnegative(),
    cost_usd: z.number().nonnegative().nullable(),
  })
  .readonly()
  .meta({ id: 'PTCLLMUsage' });
export type LlmUsage = z.infer<typeof LlmUsage>;

/** The answer of `POST /execute`, with status 200 however the work ended. */
export const PTCArtifactResult = z
  .object({
    execution_id: z.string(),
    status: ExecutionStatus,
    artifacts: z.array(Artifact).readonly(),
    test_results: RomaTestResults.nullable(),
    iterations_used: z.int().nonnegative(),
    error_message: z.string().nullable(),
    warnings: z.array(z.string()).readonly(),
    llm_usage: z.array(LlmUsage).readonly(),
    started_at: z.iso.datetime(),
    completed_at: z.iso.datetime(),
    duration_seconds: z.number().nonnegative(),
    from_cache: z.boolean(),
    cache_key: z.string().nullable(),
    metadata: z.record(z.string(), z.unknown()),
  })
  .readonly()
  .meta({ id: 'PTCArtifactResult' });
export type PTCArtifactResult = z.infer<typeof PTCArtifactResult>;

/** The body of `POST /generate`, the older contract. */
export const GenerateRequest = z
  .object({
    task_description: z.string().regex(/\S/, 'is empty'),
    requirements: z.array(z.string()).readonly().default([]),
    language: z.string().trim().min(1).max(64).default('python'),
  })
  .readonly()
  .meta({ id: 'GenerateRequest' });
export type GenerateRequest = z.infer<typeof GenerateRequest>;

export const GenerateAnswer = z
  .object({
    code: z.string(),
    language: z.string(),
    provider: z.string(),
    tokens_used: z.int().nonnegative(),
    cost_usd: z.number().nonnegative(),
  })
  .readonly()
  .meta({ id: 'GenerateAnswer' });
export type GenerateAnswer = z.infer<typeof GenerateAnswer>;

/** The answer of `GET /stats`, over all executions that are kept. */
export const ServiceStats = z
  .object({
    total_executions: z.int().nonnegative(),
    /** Served from the cache included. */
    successful_executions: z.int().nonnegative(),
    partial_executions: z.int().nonnegative(),
    failed_executions: z.int().nonnegative(),
    /** Under way. */
    running_executions: z.int().nonnegative(),
    /** In the queue. */
    waiting_executions: z.int().nonnegative(),
    cache_hits: z.int().nonnegative(),
    /** Of those that asked the cache, 0 to 1. */
    cache_hit_rate: z.number().min(0).max(1),
  })
  .readonly()
  .meta({ id: 'ServiceStats' });
export type ServiceStats = z.infer<typeof ServiceStats>;

/** The answer of `GET /` to programs. */
export const ServiceDescription = z
  .object({
    service: z.literal('ptc'),
    name: z.string(),
    version: z.string(),
    llm_provider: z.string(),
    /** Each path with what it does. */
    endpoints: z.record(z.string(), z.string()),
  })
  .readonly()
  .meta({ id: 'ServiceDescription' });
