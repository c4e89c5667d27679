import { Command, InvalidArgumentError } from 'commander';
import { type DoctorOptions } from './doctor.ts';
import { addKey } from './key/commands.ts';
import { type ReplayOptions } from './replay.ts';
import { type RunOptions } from './run/request.ts';
import { type Terminal } from './terminal.ts';
import { addTemplate } from './template/commands.ts';
import { addWebhook } from './webhook/commands.ts';

/*
 * The command line. Each command is loaded when it is called: the server's parts take seconds that the others
 * need not pay.
 */

export function createProgram(terminal: Terminal): Command {
  const program = new Command('ptc')
    .description('The coding agent for GitHub that a maintainer can trust.')
    .showHelpAfterError('(ptc help <command> says more)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  addServe(program, terminal);
  addRun(program, terminal);
  addReplay(program, terminal);
  addDoctor(program, terminal);
  addTemplate(program, terminal, (code) => end(code, terminal));
  addKey(program, terminal, (code) => end(code, terminal));
  addWebhook(program, terminal, (code) => end(code, terminal));
  return program;
}

function addServe(program: Command, { env }: Terminal): void {
  program
    .command('serve')
    .description('take webhooks, work on runs and show them')
    .option('--unsafe-no-isolation', 'let a repository’s commands run without isolation where there is none')
    .action(async (options: { unsafeNoIsolation?: true }) => {
      const { serve } = await import('./serve.ts');
      await serve(options.unsafeNoIsolation ? { ...env, PTC_UNSAFE_NO_ISOLATION: 'true' } : env);
    });
}

const RUN_HELP = `
The change becomes one commit on a new branch of the repository; its working tree, index and HEAD stay as they
are, and uncommitted changes are not seen. A repository given by its URL is fetched with your own git
credentials; its branch is made in the recording and pushed with --push.

Exit codes: 0 a branch with a green proof (with --plan-only: a plan) · 1 failed · 2 the call or the
configuration is wrong, nothing was paid · 3 a branch, but not proven · 130 cancelled. Ctrl-C cancels in order
and keeps the patch; Ctrl-C again ends at once.

Keys and limits come from the same environment variables as the server's (.env.example); GitHub's are not
needed. Every run leaves a recording in <data dir>/runs/<id>: run.json, events.ndjson, model-calls.ndjson,
result.json, change.patch. After a crash: ptc run --resume <id>. The data dir is PTC_DATA_DIR, or else
~/.local/state/ptc, for root /var/lib/ptc.

Examples:
  ptc run --repo . "formatDuration(60) gives 60m, it should give 1h"
  ptc run --repo https://github.com/acme/duration.git --base main --push - < task.txt
  ptc run --repo . --plan-only "Add a currency to every price"`;

function addRun(program: Command, terminal: Terminal): void {
  program
    .command('run')
    .description('do a task in a repository on this machine, without GitHub or a server')
    .argument('[task]', 'what is to be done, its first line a title; - reads it from standard input')
    .option('--repo <path or URL>', 'the repository', '.')
    .option('--base <ref>', 'branch, tag or commit to start from (default: HEAD)')
    .option('--plan-only', 'make a plan, show it and end')
    .option('--plan <file>', 'carry out this plan (JSON: subtasks and dependencies_graph)')
    .option('--no-planning', 'let one agent do it all')
    .option('--model <provider:model>', 'a model to ask; again for the next one in order', collect)
    .option('--budget <usd>', 'most it may cost, in US dollars', positive)
    .option('--attempts <n>', 'how often it may try until its checks pass', count)
    .option('--parallel <n>', 'most subtasks at work at once', count)
    .option('--branch <name>', 'name of the branch (default: ptc/ and a slug of the title)')
    .option('--push', 'push the branch to the URL it came from')
    .option('--allow <path>', 'let a path pass that policy asks about; may be repeated', collect)
    .option('--json', 'one JSON object on standard output, and nothing else there')
    .option('--data-dir <folder>', 'where recordings and workspaces lie')
    .option(
      '--unsafe-no-isolation',
      'let the repository’s commands run without isolation where there is none',
    )
    .option('--resume <run>', 'take up a run whose process died')
    .addHelpText('after', RUN_HELP)
    .action(async (task: string | undefined, options: RunOptions & { resume?: string }) => {
      const { run, resume } = await import('./run.ts');
      const { resume: runId } = options;
      const code = await (runId === undefined
        ? run(task, options, terminal)
        : resume(runId, options, terminal));
      await end(code, terminal);
    });
}

const REPLAY_HELP = `
The runner does the recorded job again in a fresh workspace; every request to a model is answered from the
recording. Times, temporary paths and the marks around quoted text do not count as differences.

Exit codes: 0 equal · 1 different, and where is said · 2 there is no such recording · 130 cancelled.

Examples:
  ptc replay 20261125-145654-0a042d
  ptc replay 20261125-145654-0a042d --repo . --base main
  ptc replay run-72d3162e --server http://127.0.0.1:8001 --repo .`;

function addReplay(program: Command, terminal: Terminal): void {
  program
    .command('replay')
    .description('do a recorded run again without any model, and say where it differs')
    .argument('<run>', 'id of the run, or the folder of its recording')
    .option('--repo <path or URL>', 'another repository than the recorded one')
    .option('--base <ref>', 'another commit than the recorded one (default with --repo: HEAD)')
    .option(
      '--server <url>',
      'take the recording from this server’s run pages (with the key in PTC_API_KEY, if it wants one)',
    )
    .option('--json', 'one JSON object on standard output, and nothing else there')
    .option('--data-dir <folder>', 'where recordings and workspaces lie')
    .option(
      '--unsafe-no-isolation',
      'let the repository’s commands run without isolation where there is none',
    )
    .addHelpText('after', REPLAY_HELP)
    .action(async (run: string, options: ReplayOptions) => {
      const { replay } = await import('./replay.ts');
      await end(await replay(run, options, terminal), terminal);
    });
}

function addDoctor(program: Command, terminal: Terminal): void {
  program
    .command('doctor')
    .description('look whether everything is there, and say what to mend')
    .option('--offline', 'ask neither the providers nor GitHub')
    .option('--json', 'one JSON object on standard output, and nothing else there')
    .option('--data-dir <folder>', 'where recordings and workspaces lie')
    .addHelpText(
      'after',
      '\nExit codes: 0 nothing failed · 1 something failed. Keys are tried by asking for the list of models, which\ncosts nothing; no secret is printed.',
    )
    .action(async (options: DoctorOptions) => {
      const { doctor } = await import('./doctor.ts');
      await end(await doctor(options, terminal), terminal);
    });
}

/** Nothing may keep the process: an answer nobody waits for any more could, for minutes. */
async function end(code: number, { out }: Terminal): Promise<void> {
  await new Promise<void>((resolve) => out.write('', () => resolve()));
  process.exit(code);
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('A number above 0 is wanted.');
}

function count(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A whole number above 0 is wanted.');
}
