import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Problem, PtcError } from '../../domain/errors.ts';
import { type Plan, readPlan } from '../../domain/plan.ts';
import { type Task } from '../../domain/run.ts';
import { type RunConfig } from '../../config.ts';
import { type Terminal } from '../terminal.ts';

const MAX_TITLE_LENGTH = 200;
const MAX_INPUT_BYTES = 1024 * 1024;

/** The options of `ptc run` as the command line has them. */
export interface RunOptions {
  readonly repo: string;
  readonly base?: string;
  readonly planOnly?: true;
  readonly plan?: string;
  readonly model?: readonly string[];
  readonly budget?: number;
  readonly attempts?: number;
  readonly parallel?: number;
  /** Commander's form of `--no-planning`. */
  readonly planning: boolean;
  readonly branch?: string;
  readonly allow?: readonly string[];
  readonly push?: true;
  readonly json?: true;
  readonly dataDir?: string;
  readonly unsafeNoIsolation?: true;
}

/** What is to be done, read and checked. */
export interface RunRequest {
  readonly task: Task;
  readonly plan: Plan | null;
  readonly options: RunOptions;
}

/**
 * @param words the task; `-` reads it from standard input
 * @throws PtcError `usage` and those of readPlan
 */
export async function readRequest(
  words: string | undefined,
  options: RunOptions,
  terminal: Terminal,
): Promise<RunRequest> {
  if (options.plan !== undefined && !options.planning)
    throw usage('--plan and --no-planning cannot both be given.', 'Leave one of them out.');
  if (options.planOnly === true && (options.plan !== undefined || !options.planning))
    throw usage('--plan-only asks for a plan to be made.', 'Leave --plan and --no-planning out.');
  const plan =
    options.plan === undefined ? null : await readPlanFile(path.resolve(terminal.folder, options.plan));
  const text = words === '-' ? await readAll(terminal.stdin) : (words ?? '');
  if (text.trim() === '' && plan === null) {
    throw usage(
      'There is no task.',
      'Say what is to be done: ptc run --repo <path or URL> "Make formatDuration(60) give 1h". With - it is read from standard input.',
    );
  }
  return { task: toTask(text, plan), plan, options };
}

/** The configuration with what the command line says otherwise. */
export function withOptions(config: RunConfig, options: RunOptions): RunConfig {
  return {
    ...config,
    ...(options.model === undefined ? {} : { PTC_MODELS: [...options.model] }),
    ...(options.budget === undefined ? {} : { PTC_BUDGET_USD: options.budget }),
    ...(options.attempts === undefined ? {} : { PTC_ATTEMPTS: options.attempts }),
    ...(options.parallel === undefined ? {} : { PTC_PARALLEL_SUBTASKS: options.parallel }),
    ...(options.planning ? {} : { PTC_PLANNING: false }),
    ...(options.unsafeNoIsolation === true ? { PTC_UNSAFE_NO_ISOLATION: true } : {}),
  };
}

/** The first line is the title, as in a commit message; a long one goes into the body whole. */
function toTask(text: string, plan: Plan | null): Task {
  const [first = '', ...rest] = text.trim().split('\n');
  if (first === '' && plan !== null)
    return {
      title: 'Carry out the given plan',
      body: plan.subtasks.map(({ goal }) => `- ${goal}`).join('\n'),
      words: '',
    };
  const title = first.trim();
  if (title.length <= MAX_TITLE_LENGTH) return { title, body: rest.join('\n').trim(), words: '' };
  return { title: `${title.slice(0, MAX_TITLE_LENGTH - 1)}…`, body: text.trim(), words: '' };
}

async function readPlanFile(file: string): Promise<Plan> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw usage(`The plan ${file} cannot be read.`, 'Name a file with --plan.', cause);
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw usage(
      `The plan ${file} is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
      'Write it as {"subtasks": [{"goal": …, "task_type": "CODE_INTERPRET"}], "dependencies_graph": {"1": ["0"]}}.',
      cause,
    );
  }
  return readPlan(document);
}

async function readAll(stream: NodeJS.ReadStream): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    sizeBytes += bytes.length;
    if (sizeBytes > MAX_INPUT_BYTES) throw usage('The task is longer than 1 MB.', 'Say it in fewer words.');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
}

export const usage = (message: string, remedy: string, cause?: unknown): PtcError =>
  new PtcError({ code: 'usage', message, remedy, retryable: false } satisfies Problem, { cause });
