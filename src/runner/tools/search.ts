import * as z from 'zod';
import { cutText, type Fence } from '../fence.ts';
import { git, GitFailed } from '../git.ts';
import { type WorkTree } from '../work-tree.ts';
import { defineTool, type Tool, ToolMisuse } from './tool.ts';
import { treePath } from './tree-path.ts';

const MAX_MATCHES = 200;
const MAX_MATCHES_PER_FILE = 50;
const MAX_ANSWER_BYTES = 32 * 1024;
const MAX_LINE_BYTES = 300;
const MAX_OUTPUT_BYTES = 8 * 1024 * 1024;
const TIMEOUT_MS = 15_000;

const Input = z.strictObject({
  pattern: z.string().min(1).max(1000).describe('What to look for.'),
  regex: z
    .boolean()
    .optional()
    .describe('True: the pattern is a Perl-compatible regular expression. Default: literal text.'),
  ignore_case: z.boolean().optional(),
  path: z.string().min(1).optional().describe('File or folder to look in. Default: the whole repository.'),
});
type Input = z.infer<typeof Input>;

/**
 * Git's own search: it is there whenever a repository is, knows which files count, follows no links and
 * stops at its time limit, so that a hostile expression costs a moment and nothing more.
 */
export const searchTool = (work: WorkTree, fence: Fence, signal: AbortSignal): Tool =>
  defineTool({
    name: 'search',
    description: `Finds lines in the repository's files, at most ${MAX_MATCHES}.`,
    input: Input,
    async run(input) {
      const matches = await grep(input, work, signal);
      const shown = matches.slice(0, MAX_MATCHES).map((line) => cutText(line, MAX_LINE_BYTES));
      const more =
        matches.length > MAX_MATCHES ? `\n[${matches.length - MAX_MATCHES} more; narrow the search]` : '';
      const found =
        shown.length === 0 ? 'No match.' : fence('search', cutText(shown.join('\n'), MAX_ANSWER_BYTES));
      return {
        text: `${found}${more}`,
        isError: false,
        summary: `searched “${cutText(input.pattern, 80)}”: ${matches.length} matches`,
      };
    },
  });

/** Lines as `path:number:text`. */
async function grep(input: Input, work: WorkTree, signal: AbortSignal): Promise<readonly string[]> {
  const kind = input.regex === true ? '--perl-regexp' : '--fixed-strings';
  const flags = ['--line-number', '--full-name', '-I', `--max-count=${MAX_MATCHES_PER_FILE}`, kind];
  if (input.ignore_case === true) flags.push('--ignore-case');
  const place =
    input.path === undefined || input.path === '.' ? '.' : treePath(input.path.replace(/\/+$/, ''));
  const args = ['grep', ...flags, '-e', input.pattern, '--', place];
  const bounds = { timeoutMs: TIMEOUT_MS, maxOutputBytes: MAX_OUTPUT_BYTES };
  try {
    const output = await git(args, { gitDir: work.gitDir, workTree: work.path, signal, ...bounds });
    return output.toString().split('\n').slice(0, -1);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof GitFailed)) throw error;
    if (error.exitCode === 1) return [];
    const hint = error.exitCode === null ? 'It took too long or found too much; narrow it. ' : '';
    throw new ToolMisuse(`The search failed. ${hint}${error.message}`);
  }
}
