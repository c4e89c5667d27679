import { readFileSync } from 'node:fs';
import { type RunnerJob } from '../protocol/runner-job.ts';
import { type FoundChecks } from './checks/check.ts';
import { cutText, type Fence } from './fence.ts';
import { type PersonMessage } from './inbox.ts';

const MAX_BODY_BYTES = 60 * 1024;
const MAX_GUIDE_BYTES = 16 * 1024;
const MAX_LISTED_FILES = 300;
const MAX_LISTED_CHECKS = 60;
const MAX_DEPENDENCIES = 200;

declare const EMBEDDED_SYSTEM_PROMPT: string | undefined;

/** The text of `daytona-template/system-prompt.md`; the bundle has it inside. */
export function systemPrompt(): string {
  if (typeof EMBEDDED_SYSTEM_PROMPT === 'string') return EMBEDDED_SYSTEM_PROMPT;
  return readFileSync(new URL('../../daytona-template/system-prompt.md', import.meta.url), 'utf8');
}

export interface Briefing {
  readonly job: Pick<RunnerJob, 'repository' | 'task' | 'acceptance' | 'dependencies'>;
  /** The repository's own guide for agents, null without one. */
  readonly guide: { readonly path: string; readonly text: string } | null;
  readonly files: readonly string[];
  readonly found: FoundChecks;
}

/** The first message: the task and where it is to be done, all of it fenced, because all of it is untrusted. */
export function openingMessage(briefing: Briefing, fence: Fence): string {
  const { job, guide, files } = briefing;
  const { repository, task, dependencies } = job;
  const isNew = repository.cloneUrl === null;
  const parts = [
    isNew ? FROM_NOTHING : `Repository: ${repository.fullName}`,
    `The task's title:\n${fence('task title', cutText(task.title, 1000))}`,
    task.body.trim() === ''
      ? 'The task has no description.'
      : `The task's description:\n${fence('task description', cutText(task.body, MAX_BODY_BYTES))}`,
    task.words.trim() === ''
      ? ''
      : `Added by whoever asked:\n${fence('requester', cutText(task.words, MAX_BODY_BYTES))}`,
    dependencies.length === 0
      ? ''
      : `Packages that whoever asked wants to be used:\n${fence('dependencies', dependencies.slice(0, MAX_DEPENDENCIES).join('\n'))}`,
    guide === null
      ? ''
      : `The repository's guide for agents:\n${fence(guide.path, cutText(guide.text, MAX_GUIDE_BYTES))}`,
    isNew ? '' : `${overview(files)}:\n${fence('list_files', files.slice(0, MAX_LISTED_FILES).join('\n'))}`,
    acceptanceInWords(briefing, fence),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

const FROM_NOTHING =
  'There is no repository: you start from an empty folder, and create every file that the task needs with apply_patch.';

const VALIDATION =
  'What you hand in is validated in a fresh checkout, in three stages, of which each stops the next: its files are parsed; types are checked where it configures that, and imports of its own modules; then what its manifests name and its sources import is installed, and it is built, linted and tested with what it brings itself. Write tests: they are run, and have to pass. They also have to fail when what they test is taken away. They may come in one patch with it.';

const AS_IS =
  'No command can be run, and nothing of what you hand in is run: it is taken as it is. Write tests only if the task asks for them.';

function acceptanceInWords({ job, found }: Briefing, fence: Fence): string {
  switch (job.acceptance) {
    case 'proof':
      return checksInWords(found, fence);
    case 'validation':
      return VALIDATION;
    case 'as-is':
      return AS_IS;
  }
}

const overview = (files: readonly string[]): string =>
  files.length > MAX_LISTED_FILES ? `The first ${MAX_LISTED_FILES} of ${files.length} files` : 'All files';

function checksInWords(found: FoundChecks, fence: Fence): string {
  const checks = found.packages.flatMap((each) => each.checks);
  if (checks.length === 0)
    return 'No test, lint or type check command was found in this repository, so nothing will be checked.';
  const lines = checks.slice(0, MAX_LISTED_CHECKS).map((check) => `${check.kind}: ${check.command}`);
  if (checks.length > lines.length) lines.push(`(and ${checks.length - lines.length} more like these)`);
  const which = found.packages.length > 1 ? ', as far as it lies in or above what you change' : '';
  return `What you hand in is checked with${which}:\n${fence('checks', lines.join('\n'))}`;
}

/** What people said while the agent worked. They may steer the task, but are held to the same rules. */
export const personMessage = ({ from, text }: PersonMessage, fence: Fence): string =>
  `A message about the task came in:\n${fence(`message of ${from}`, cutText(text, MAX_BODY_BYTES))}`;
