import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { PtcError } from './domain/errors.ts';
import { isLoopback } from './listener.ts';
import { PriceTable } from './model/price.ts';

/** One variable of the environment: how it is read, and what it means to the operator. */
interface Variable<T extends z.ZodType = z.ZodType> {
  readonly schema: T;
  readonly meaning: string;
  /** Shown in `.env.example`; null leaves it empty. */
  readonly example: string | null;
}

const variable = <T extends z.ZodType>(schema: T, meaning: string, example: string | null = null) =>
  ({ schema, meaning, example }) satisfies Variable<T>;

const port = z.coerce.number().int().min(0).max(65_535);
const count = z.coerce.number().int().positive();
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
const optionalUrl = z.url().optional();
const DATA_FOLDER = '.ptc';

/** Every variable the server reads. Nothing else in the program reads the environment. */
const VARIABLES = {
  APP_ID: variable(count, 'Id of your GitHub App (its settings page shows it).', ''),
  PRIVATE_KEY: variable(
    z.string().optional(),
    'Private key of the GitHub App: the PEM itself, its newlines may be written as \\n. Or use PRIVATE_KEY_PATH.',
  ),
  PRIVATE_KEY_PATH: variable(z.string().optional(), 'File that holds the private key.', ''),
  WEBHOOK_SECRET: variable(
    z.string().min(16, 'is required and wants at least 16 characters'),
    'Secret of the App’s webhook. Without one the server does not start.',
    '',
  ),
  GITHUB_API_URL: variable(
    z.url().default('https://api.github.com'),
    'Address of GitHub’s REST API; for GitHub Enterprise https://HOST/api/v3.',
  ),
  PORT: variable(
    port.default(3000),
    'Port of the public listener, which takes webhooks at /api/github/webhooks.',
  ),
  HOST: variable(z.string().default('0.0.0.0'), 'Address of the public listener.'),
  PTC_API_PORT: variable(port.default(8001), 'Port of the listener for run pages and the API.'),
  PTC_API_HOST: variable(
    z.string().default('127.0.0.1'),
    'Address of that listener. Without an API key (ptc key create) it has to be on loopback.',
  ),
  PTC_CORS_ORIGINS: variable(
    list
      .refine((origins) => origins.every(isOrigin), 'is a list of origins such as https://roma.example')
      .default([]),
    'Origins, separated by commas, whose pages may use the API from a browser. Without it, none.',
  ),
  PTC_PUBLIC_URL: variable(
    z.url().transform(withoutSlash).optional(),
    'Address at which people reach the run pages, for the links in comments. Without one there are no links.',
  ),
  DATABASE_URL: variable(
    z.string().optional(),
    'Postgres, for teams and several workers. Without one, an embedded database lies in PTC_DATA_DIR.',
  ),
  PTC_DATA_DIR: variable(
    z.string().default(DATA_FOLDER),
    'Folder for the embedded database and local workspaces.',
  ),
  PTC_WORKER_ID: variable(
    z
      .string()
      .regex(/^[\w.-]+$/)
      .default('local'),
    'Name of this worker, stable over restarts and different for each one on the same database.',
  ),
  PTC_MODELS: variable(
    list.optional(),
    'Models on offer, in order, as provider:model with anthropic, openai, openrouter, kimi or compatible. Without it, one for the first key that is set.',
    'anthropic:claude-sonnet-4-6',
  ),
  ANTHROPIC_API_KEY: variable(z.string().optional(), 'Key for anthropic models.', ''),
  ANTHROPIC_BASE_URL: variable(optionalUrl, 'Another address that speaks Anthropic’s API.'),
  OPENAI_API_KEY: variable(z.string().optional(), 'Key for openai models.', ''),
  OPENAI_BASE_URL: variable(optionalUrl, 'Another address that speaks OpenAI’s API.'),
  OPENROUTER_API_KEY: variable(z.string().optional(), 'Key for openrouter models.', ''),
  OPENROUTER_BASE_URL: variable(optionalUrl, 'Another address for OpenRouter.'),
  KIMI_API_KEY: variable(z.string().optional(), 'Key for kimi models.', ''),
  KIMI_BASE_URL: variable(optionalUrl, 'Another address for Kimi.'),
  COMPATIBLE_API_KEY: variable(
    z.string().optional(),
    'Key for compatible models (any Chat Completions server).',
    '',
  ),
  COMPATIBLE_BASE_URL: variable(optionalUrl, 'Address of that server.'),
  PTC_MODEL_PRICES: variable(
    json(PriceTable).default({}),
    'Prices of models the price table does not know, as JSON: {"provider:model": {"inputUsdPerMTok": 1, "outputUsdPerMTok": 2}}.',
  ),
  PTC_BUDGET_USD: variable(z.coerce.number().positive().default(5), 'Most one run may cost, in US dollars.'),
  PTC_MAX_MODEL_REQUESTS: variable(count.default(80), 'Most model requests one run may make.'),
  PTC_MAX_OUTPUT_TOKENS: variable(count.default(16_000), 'Most tokens of one answer.'),
  PTC_ATTEMPTS: variable(count.default(3), 'How often a run may try until its checks pass.'),
  PTC_ESCALATE_AFTER: variable(
    count.default(2),
    'After so many red attempts the next model in order is asked.',
  ),
  PTC_PLANNING: variable(
    flag.default(true),
    'true lets a model split a task that is too big for one agent into subtasks; false never plans.',
  ),
  PTC_PLANNER_URL: variable(
    z
      .url({ protocol: /^https?$/ })
      .refine(isWithoutLogin, 'may not carry a user name or password: set PTC_PLANNER_TOKEN')
      .optional(),
    'Your own planner: takes POST {goal, context} and answers ROMA’s {subtasks, dependencies_graph}. Without an answer of its a run is planned here. Not for workspaces that stand alone.',
  ),
  PTC_PLANNER_TOKEN: variable(z.string().optional(), 'Sent to that planner as Bearer.', ''),
  PTC_PARALLEL_SUBTASKS: variable(count.default(4), 'Most subtasks of one run at work at once.'),
  PTC_COMMAND_TIMEOUT_S: variable(count.default(300), 'Wall time of one command of the agent, in seconds.'),
  PTC_CHECK_TIMEOUT_S: variable(count.default(900), 'Wall time of one installation or check, in seconds.'),
  PTC_JOB_TIMEOUT_S: variable(count.default(3_600), 'Wall time of a whole job, in seconds.'),
  PTC_MEMORY_MB: variable(
    z.coerce.number().int().min(1024).default(4_096),
    'Memory of one command’s process, in MB.',
  ),
  PTC_RETENTION_DAYS: variable(
    count.default(90),
    'Events, results and model calls of a run are deleted so many days after its end; the run and its outcome stay.',
  ),
  PTC_MAX_RUNS: variable(count.default(4), 'Most runs at work at once over all workers.'),
  PTC_MAX_RUNS_PER_WORKER: variable(count.default(2), 'Most runs at work at once on this worker.'),
  PTC_MAX_WAITING: variable(
    count.default(1000),
    'Most executions of ROMA’s under way or waiting; past them /execute answers 503.',
  ),
  PTC_UNSAFE_NO_ISOLATION: variable(
    flag.default(false),
    'true lets a repository’s commands run without isolation where the machine offers none. They can then read what this user can.',
  ),
  PTC_COMMAND_UID: variable(
    count.optional(),
    'Unprivileged user id for a repository’s commands when the server runs as root.',
  ),
  PTC_REGISTRIES: variable(
    list.default([]),
    'Further host names that installations may reach, besides the public registries of what they install.',
  ),
  PTC_WORKSPACES: variable(
    z.enum(['local', 'daytona']).default('local'),
    'Where runs work: local (this machine) or daytona (a sandbox each).',
  ),
  PTC_WORKSPACE_MODE: variable(
    z.enum(['followed', 'standalone']).default('followed'),
    'followed keeps every secret in this server. standalone gives workspaces a token that may push and the key of a provider, and lets them do the whole job (docs/daytona.md says what that costs in trust).',
  ),
  PTC_PUBLIC_WEBHOOKS_URL: variable(
    z
      .url()
      .refine(isSafeUrl, 'has to be an https address: secrets of runs travel in it')
      .transform(withoutSlash)
      .optional(),
    'Address at which workspaces that stand alone reach the public listener, https://YOUR-HOST for instance.',
  ),
  DAYTONA_API_KEY: variable(
    z.string().optional(),
    'Key of your Daytona account, allowed to create and delete sandboxes and to read snapshots.',
    '',
  ),
  DAYTONA_API_URL: variable(
    z.url().transform(withoutSlash).default('https://app.daytona.io/api'),
    'Address of Daytona’s API.',
  ),
  DAYTONA_TARGET: variable(z.string().optional(), 'Region of the sandboxes; the account’s own by default.'),
  PTC_DAYTONA_SNAPSHOT: variable(
    z.string().optional(),
    'Snapshot the sandboxes are made from; their processors, memory and disk are set when it is made.',
  ),
  PTC_DAYTONA_OWNER: variable(
    z
      .string()
      .regex(/^[\w.-]+$/)
      .optional(),
    'Name of this installation on the Daytona account, app-APP_ID by default. Two with one GitHub App and databases of their own need two names: each removes what its database does not know.',
  ),
  PTC_DAYTONA_DOMAINS: variable(
    list.optional(),
    'Host names a sandbox may reach besides the forge’s, package registries for instance. Without it, all.',
  ),
  PTC_DAYTONA_NETWORKS: variable(list.optional(), 'Networks a sandbox may reach, as CIDR. Without it, all.'),
  PTC_WEBHOOK_URL: variable(
    list
      .refine((urls) => urls.every((url) => URL.canParse(url)), 'wants URLs, with commas between them')
      .default([]),
    'Receivers of every run’s events (Standard Webhooks; docs/webhooks.md). Events that wait go by the place in this list.',
  ),
  PTC_WEBHOOK_SECRET: variable(
    z.string().optional(),
    'Secret the events are signed with (whsec_… of at least 24 bytes); needed with PTC_WEBHOOK_URL and for callbacks.',
    '',
  ),
  PTC_WEBHOOK_ALLOW_PRIVATE: variable(
    flag.default(false),
    'true lets the callback of a run lie in a private network, where it may speak plain http too.',
  ),
  PTC_WRITE_SPACING: variable(
    flag.default(true),
    'Keeps the pause between writes that GitHub asks for. Turn it off only against a server that is not GitHub.',
  ),
  LOG_LEVEL: variable(
    z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
    'How much is logged.',
  ),
} as const satisfies Record<string, Variable>;

const Environment = z.object(
  // The assertion keeps each variable's own type, which fromEntries would lose.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  Object.fromEntries(Object.entries(VARIABLES).map(([name, { schema }]) => [name, schema])) as {
    [Name in keyof typeof VARIABLES]: (typeof VARIABLES)[Name]['schema'];
  },
);

export type Config = Omit<z.infer<typeof Environment>, 'PRIVATE_KEY' | 'PRIVATE_KEY_PATH'> & {
  readonly PRIVATE_KEY: string;
};

/**
 * The configuration, or one PtcError that names every fault in it. Empty variables count as unset, as in
 * files made from `.env.example`.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const { PRIVATE_KEY_PATH, ...config } = parse(Environment, env);
  const faults = crossFaults(config);
  if (faults.length > 0) throw invalid(faults);
  return { ...config, PRIVATE_KEY: privateKey(config.PRIVATE_KEY, PRIVATE_KEY_PATH) };
}

/** What a run needs that is started in a terminal: models and limits, no GitHub, no server. */
const RunEnvironment = Environment.omit({
  APP_ID: true,
  PRIVATE_KEY: true,
  PRIVATE_KEY_PATH: true,
  WEBHOOK_SECRET: true,
  GITHUB_API_URL: true,
  PORT: true,
  HOST: true,
  PTC_API_PORT: true,
  PTC_API_HOST: true,
  PTC_CORS_ORIGINS: true,
  PTC_PUBLIC_URL: true,
  DATABASE_URL: true,
  PTC_WORKER_ID: true,
  PTC_RETENTION_DAYS: true,
  PTC_PLANNER_URL: true,
  PTC_PLANNER_TOKEN: true,
  PTC_MAX_RUNS: true,
  PTC_MAX_RUNS_PER_WORKER: true,
  PTC_MAX_WAITING: true,
  PTC_WORKSPACES: true,
  PTC_WORKSPACE_MODE: true,
  PTC_PUBLIC_WEBHOOKS_URL: true,
  DAYTONA_API_KEY: true,
  DAYTONA_API_URL: true,
  DAYTONA_TARGET: true,
  PTC_DAYTONA_SNAPSHOT: true,
  PTC_DAYTONA_OWNER: true,
  PTC_DAYTONA_DOMAINS: true,
  PTC_DAYTONA_NETWORKS: true,
  PTC_WEBHOOK_URL: true,
  PTC_WEBHOOK_SECRET: true,
  PTC_WEBHOOK_ALLOW_PRIVATE: true,
  PTC_WRITE_SPACING: true,
}).extend({ PTC_DATA_DIR: z.string().optional() });

export type RunConfig = z.infer<typeof RunEnvironment>;

/**
 * The same variables as far as `ptc run` needs them, with the same errors. `PTC_DATA_DIR` has no default here:
 * the server's lies in the current folder, which may be somebody's repository.
 */
export function readRunConfig(env: Readonly<Record<string, string | undefined>>): RunConfig {
  const config = parse(RunEnvironment, env);
  const faults = compatibleFaults(config);
  if (faults.length > 0) throw invalid(faults);
  return config;
}

const DaytonaEnvironment = Environment.pick({
  DAYTONA_API_URL: true,
  DAYTONA_TARGET: true,
  PTC_DAYTONA_SNAPSHOT: true,
}).extend({ DAYTONA_API_KEY: z.string() });

export type DaytonaAccount = z.infer<typeof DaytonaEnvironment>;

/** The same variables as far as work on the account's snapshots needs them, with the same errors. */
export const readDaytonaAccount = (env: Readonly<Record<string, string | undefined>>): DaytonaAccount =>
  parse(DaytonaEnvironment, env);

/** The environment without what only PTC Bot itself may know: for programs that it starts. */
export const withoutSecrets = (
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/(_API_KEY|_SECRET|^PRIVATE_KEY|^DATABASE_URL|^PTC_PLANNER_TOKEN)$/.test(name),
    ),
  );

/** What the machine says about whoever started the program: for the command line. */
export function readCaller(env: Readonly<Record<string, string | undefined>>): {
  /** PATH, where the user's programs are found. */
  readonly searchPath: string;
  /** The folder `npm run ptc` was called in; null when it was not npm. */
  readonly npmCalledIn: string | null;
  readonly stateFolder: string | null;
  /** The data folder of the server on this machine. */
  readonly serverFolder: string;
  /** For a server that is not on this machine. */
  readonly apiKey: string | null;
  readonly noColor: boolean;
} {
  return {
    searchPath: env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    npmCalledIn: (env['npm_lifecycle_event'] === 'ptc' && env['INIT_CWD']) || null,
    stateFolder: env['XDG_STATE_HOME'] || null,
    serverFolder: env['PTC_DATA_DIR'] || DATA_FOLDER,
    apiKey: env['PTC_API_KEY'] || null,
    noColor: (env['NO_COLOR'] ?? '') !== '',
  };
}

function parse<T extends z.ZodObject>(
  schema: T,
  env: Readonly<Record<string, string | undefined>>,
): z.infer<T> {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw invalid(
    parsed.error.issues.map((issue) => {
      const name = issue.path.map(String).join('.');
      return given[name] === undefined ? `${name} is not set` : `${name}: ${issue.message}`;
    }),
  );
}

function crossFaults(config: Omit<z.infer<typeof Environment>, 'PRIVATE_KEY_PATH'>): readonly string[] {
  const faults: string[] = [];
  if (config.PTC_WEBHOOK_URL.length > 0 && config.PTC_WEBHOOK_SECRET === undefined)
    faults.push('PTC_WEBHOOK_SECRET is not set, but PTC_WEBHOOK_URL is');
  for (const name of ['DAYTONA_API_KEY', 'PTC_DAYTONA_SNAPSHOT'] as const) {
    if (config.PTC_WORKSPACES === 'daytona' && config[name] === undefined)
      faults.push(`${name} is not set, but PTC_WORKSPACES is daytona`);
  }
  if (config.PTC_WORKSPACE_MODE === 'standalone' && config.PTC_PUBLIC_WEBHOOKS_URL === undefined)
    faults.push(
      'PTC_PUBLIC_WEBHOOKS_URL is not set, but PTC_WORKSPACE_MODE is standalone: workspaces have to reach this server’s public listener',
    );
  return [...faults, ...compatibleFaults(config)];
}

const compatibleFaults = (
  config: Pick<RunConfig, 'COMPATIBLE_API_KEY' | 'COMPATIBLE_BASE_URL'>,
): readonly string[] =>
  config.COMPATIBLE_API_KEY !== undefined && config.COMPATIBLE_BASE_URL === undefined
    ? ['COMPATIBLE_BASE_URL is not set, but COMPATIBLE_API_KEY is']
    : [];

function privateKey(inline: string | undefined, path: string | undefined): string {
  if (inline !== undefined) return inline.replaceAll('\\n', '\n');
  if (path === undefined) throw invalid(['PRIVATE_KEY or PRIVATE_KEY_PATH is not set']);
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw invalid([`PRIVATE_KEY_PATH: the file ${path} cannot be read`], cause);
  }
}

function invalid(faults: readonly string[], cause?: unknown): PtcError {
  return new PtcError(
    {
      code: 'config-invalid',
      message: `The configuration cannot be used:\n${faults.map((fault) => `- ${fault}`).join('\n')}`,
      remedy: 'Set these environment variables; .env.example says what each means.',
      retryable: false,
    },
    { cause },
  );
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

function isWithoutLogin(text: string): boolean {
  const { username, password } = new URL(text);
  return username === '' && password === '';
}

function isSafeUrl(text: string): boolean {
  const { protocol, hostname } = URL.parse(text) ?? { protocol: '', hostname: '' };
  const isHere = hostname === '[::1]' || isLoopback(hostname);
  return protocol === 'https:' || (protocol === 'http:' && isHere);
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

function json<T extends z.ZodType>(schema: T) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'is not JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);
}

/** The text of `.env.example`. */
export function envExample(): string {
  const entries = Object.entries(VARIABLES).map(([name, { meaning, example }]: [string, Variable]) => {
    const line = example === null ? `# ${name}=` : `${name}=${example}`;
    return `# ${meaning}\n${line}\n`;
  });
  return ['# Copy to .env. What is commented out has a default or is not needed.\n', ...entries].join('\n');
}
