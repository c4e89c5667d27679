import * as z from 'zod';
import { type Fence } from '../fence.ts';
import { type WorkTree } from '../work-tree.ts';
import { defineTool, type Tool } from './tool.ts';
import { treePath } from './tree-path.ts';

const MAX_FILES = 500;

const Input = z.strictObject({
  path: z.string().min(1).optional().describe('Folder to list. Default: the whole repository.'),
  glob: z.string().min(1).max(500).optional().describe('Only paths that match, such as `src/**/*.ts`.'),
});

export const listFilesTool = (work: WorkTree, fence: Fence, signal: AbortSignal): Tool =>
  defineTool({
    name: 'list_files',
    description: `Lists the repository's files, at most ${MAX_FILES}. By-products that are not tracked are left out.`,
    input: Input,
    async run({ path, glob }) {
      const folder = path === undefined || path === '.' ? '' : `${treePath(path.replace(/\/+$/, ''))}/`;
      const matches = glob === undefined ? () => true : await matcher(glob);
      const all = await work.trackedFiles(signal);
      const files = all.filter((file) => `${file}/`.startsWith(folder) && matches(file));
      const more =
        files.length > MAX_FILES ? `\n[${files.length - MAX_FILES} more; name a folder or a glob]` : '';
      const text =
        files.length === 0 ? 'No files.' : fence('list_files', files.slice(0, MAX_FILES).join('\n')) + more;
      return { text, isError: false, summary: `listed ${files.length} files` };
    },
  });

async function matcher(glob: string): Promise<(file: string) => boolean> {
  // Loaded here, because few listings need it.
  const { default: picomatch } = await import('picomatch');
  return picomatch(glob, { dot: true });
}
