import { hostname } from 'node:os';
import * as z from 'zod';
import { PtcError } from '../../domain/errors.ts';
import { DEFAULT_MODELS } from '../../model/default-models.ts';
import { PriceTable } from '../../model/price.ts';
import { parseModelName, type ProviderSettings } from '../../model/providers.ts';
import { type ModelChoice } from '../../protocol/conversation.ts';
import { parseTarget, type TargetRepository } from './target-repository.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const count = z.coerce.number().int().positive();
const PROVIDERS = ['anthropic', 'openai', 'openrouter', 'kimi'] as const;
type Provider = (typeof PROVIDERS)[number];

/** The template's contract, and below it what may be said besides. Empty counts as unset. */
const Variables = z.object({
  TARGET_REPO: z.string(),
  TASK_ID: z.string(),
  AGENT_PROMPT: z.string(),
  BRANCH_NAME: z.string().optional(),
  BASE_BRANCH: z.string().optional(),
  MODEL_PROVIDER: z.enum(PROVIDERS).optional(),
  MODEL: z.string().optional(),
  ANTHROPIC_API_KEY: z.string().optional(),
  OPENAI_API_KEY: z.string().optional(),
  OPENROUTER_API_KEY: z.string().optional(),
  KIMI_API_KEY: z.string().optional(),
  GITHUB_TOKEN: z.string().optional(),
  KEEP_ALIVE: flag.default(false),
  SKIP_PUSH_TO_REMOTE: flag.default(false),
  SKIP_PR_CREATION: flag.default(false),

  GITHUB_API_URL: z.url().optional(),
  ANTHROPIC_BASE_URL: z.url().optional(),
  OPENAI_BASE_URL: z.url().optional(),
  OPENROUTER_BASE_URL: z.url().optional(),
  KIMI_BASE_URL: z.url().optional(),
  PTC_MODEL_PRICES: z.string().transform(asJson).pipe(PriceTable).default({}),
  PTC_BUDGET_USD: z.coerce.number().positive().default(5),
  PTC_JOB_TIMEOUT_S: count.default(25 * 60),
  PTC_MEMORY_MB: count.min(1024).default(4096),
  PTC_COMMAND_UID: count.optional(),
  PTC_REGISTRIES: z
    .string()
    .transform((text) => text.split(',').flatMap((host) => host.trim() || []))
    .default([]),
  PTC_UNSAFE_NO_ISOLATION: flag.default(false),
});
type Variables = z.infer<typeof Variables>;

/** What is to be done, by whom, and where it goes. */
export interface Order {
  readonly taskId: string;
  readonly target: TargetRepository;
  readonly prompt: string;
  readonly branch: string;
  /** Null is the remote's default branch. */
  readonly baseBranch: string | null;
  readonly providers: Readonly<Partial<Record<Provider, ProviderSettings>>>;
  /** In the order they are asked. */
  readonly models: readonly ModelChoice[];
  readonly prices: PriceTable;
  readonly budgetUsd: number;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** Null: a public repository is cloned, and nothing is pushed. */
  readonly githubToken: string | null;
  readonly pushes: boolean;
  readonly opensPullRequest: boolean;
  readonly isolation: {
    readonly allowNone: boolean;
    readonly uid: number | null;
    readonly registries: readonly string[];
  };
}

/** What can be told of a run whatever its other variables are: nothing here is ever invalid. */
export interface Whereabouts {
  readonly taskId: string;
  readonly workspaceId: string;
  readonly branchName: string;
  /** Null without one. */
  readonly webhookUrl: string | null;
  readonly keepsAlive: boolean;
}

export function readWhereabouts(env: Environment): Whereabouts {
  const taskId = env['TASK_ID'] ?? '';
  return {
    taskId,
    workspaceId: env['WORKSPACE_ID'] || env['DAYTONA_SANDBOX_ID'] || hostname(),
    branchName: env['BRANCH_NAME'] || (taskId === '' ? '' : `ptc/${taskId}`),
    webhookUrl: env['WEBHOOK_URL'] || null,
    keepsAlive: env['KEEP_ALIVE'] === 'true',
  };
}

/** Throws PtcError `variables-invalid`, which names every fault and no value. */
export function readOrder(env: Environment): Order {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value));
  const parsed = Variables.safeParse(given);
  if (!parsed.success) {
    throw invalid(
      parsed.error.issues.map(({ path, message }) => {
        const name = path.map(String).join('.');
        return given[name] === undefined ? `${name} is not set` : `${name}: ${message}`;
      }),
    );
  }
  const variables = parsed.data;
  const target = orFault(() => parseTarget(variables.TARGET_REPO));
  const branch = variables.BRANCH_NAME ?? `ptc/${variables.TASK_ID}`;
  const models = orFault(() => modelsOf(variables));
  const faults = [
    ...(typeof target === 'string' ? [`TARGET_REPO ${target}`] : []),
    ...(typeof models === 'string' ? [models] : []),
    ...[branch, variables.BASE_BRANCH].flatMap((name) =>
      name === undefined || isBranchName(name) ? [] : [badBranch(name)],
    ),
  ];
  if (typeof target === 'string' || typeof models === 'string' || faults.length > 0) throw invalid(faults);
  const githubToken = variables.GITHUB_TOKEN ?? target.token;
  return {
    taskId: variables.TASK_ID,
    target: { ...target, apiUrl: variables.GITHUB_API_URL ?? target.apiUrl },
    prompt: variables.AGENT_PROMPT,
    branch,
    baseBranch: variables.BASE_BRANCH ?? null,
    providers: providersOf(variables),
    models,
    prices: variables.PTC_MODEL_PRICES,
    budgetUsd: variables.PTC_BUDGET_USD,
    timeoutMs: variables.PTC_JOB_TIMEOUT_S * 1000,
    memoryMb: variables.PTC_MEMORY_MB,
    githubToken,
    pushes: githubToken !== null && !variables.SKIP_PUSH_TO_REMOTE,
    opensPullRequest: !variables.SKIP_PR_CREATION,
    isolation: {
      allowNone: variables.PTC_UNSAFE_NO_ISOLATION,
      uid: variables.PTC_COMMAND_UID ?? null,
      registries: variables.PTC_REGISTRIES,
    },
  };
}

/** Names of all that nobody else may see, as far as they are set. */
export const SECRETS = [
  'ANTHROPIC_API_KEY',
  'OPENAI_API_KEY',
  'OPENROUTER_API_KEY',
  'KIMI_API_KEY',
  'GITHUB_TOKEN',
  'WEBHOOK_URL',
] as const;

function providersOf(variables: Variables): Order['providers'] {
  const all: Record<Provider, { apiKey: string | undefined; baseUrl: string | undefined }> = {
    anthropic: { apiKey: variables.ANTHROPIC_API_KEY, baseUrl: variables.ANTHROPIC_BASE_URL },
    openai: { apiKey: variables.OPENAI_API_KEY, baseUrl: variables.OPENAI_BASE_URL },
    openrouter: { apiKey: variables.OPENROUTER_API_KEY, baseUrl: variables.OPENROUTER_BASE_URL },
    kimi: { apiKey: variables.KIMI_API_KEY, baseUrl: variables.KIMI_BASE_URL },
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, { apiKey, baseUrl }]) =>
      apiKey === undefined ? [] : [[name, { apiKey, baseUrl }]],
    ),
  );
}

/** The one that is named, else one of each provider with a key: the next is asked when one does not answer. */
function modelsOf(variables: Variables): readonly ModelChoice[] {
  const { MODEL_PROVIDER: named, MODEL: model } = variables;
  const withKey = Object.keys(providersOf(variables));
  const chosen = named === undefined ? withKey : withKey.filter((provider) => provider === named);
  const [first] = chosen;
  if (first === undefined) throw noKey(named);
  if (model !== undefined) return [{ provider: first, model }];
  return PROVIDERS.filter((provider) => chosen.includes(provider)).flatMap((provider) => {
    const name = DEFAULT_MODELS[provider];
    return name === undefined ? [] : [parseModelName(name)];
  });
}

const noKey = (named: Provider | undefined): PtcError => {
  const wanted = named === undefined ? 'a key of any provider' : `${named.toUpperCase()}_API_KEY`;
  return invalid([`${wanted} is not set, so no model can be asked`]);
};

/** What `git check-ref-format` allows of a branch, and nothing that git could take for an option. */
const isBranchName = (name: string): boolean =>
  /^[^\s~^:?*[\\\p{Cc}-][^\s~^:?*[\\\p{Cc}]{0,199}$/u.test(name) &&
  !/\.\.|@\{|\/\/|\/\.|^[./]|[./]$|\.lock(\/|$)|^@$/.test(name);

const badBranch = (name: string): string => `“${name.slice(0, 80)}” is no name for a branch`;

function orFault<T>(read: () => T): T | string {
  try {
    return read();
  } catch (error) {
    if (error instanceof PtcError) return error.message;
    throw error;
  }
}

function asJson(text: string, context: z.RefinementCtx<string>): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'is not JSON' });
    return z.NEVER;
  }
}

const invalid = (faults: readonly string[]): PtcError =>
  new PtcError({
    code: 'variables-invalid',
    message: `The workspace cannot start: ${faults.join('; ')}.`,
    remedy: 'Set these environment variables; the template’s README says what each means.',
    retryable: false,
  });
