import { isUtf8 } from 'node:buffer';
import * as z from 'zod';
import { cutText, type Fence } from '../fence.ts';
import { defineTool, type Tool, ToolMisuse } from './tool.ts';
import { readForModel } from './tree-path.ts';

const MAX_FILE_BYTES = 4 * 1024 * 1024;
const MAX_LINES = 2000;
const MAX_ANSWER_BYTES = 96 * 1024;
const MAX_LINE_BYTES = 2000;

const Input = z.strictObject({
  path: z.string().min(1).describe('Path of the file, relative to the root of the repository.'),
  start_line: z.number().int().positive().optional().describe('First line to show, from 1.'),
  end_line: z.number().int().positive().optional().describe('Last line to show.'),
});

/** @param tree absolute, without links */
export const readFileTool = (tree: string, fence: Fence): Tool =>
  defineTool({
    name: 'read_file',
    description: `Shows a text file with line numbers, at most ${MAX_LINES} lines at once. The number and the tab after it are not part of the file.`,
    input: Input,
    async run({ path, start_line: start = 1, end_line: end }) {
      const bytes = await readForModel(tree, path, MAX_FILE_BYTES);
      if (bytes === null) throw new ToolMisuse(`There is no file "${path}". Use list_files or search.`);
      if (!isUtf8(bytes) || bytes.includes(0)) throw new ToolMisuse(`"${path}" is a binary file.`);
      const lines = bytes.toString().replace(/\n$/, '').split('\n');
      if (start > lines.length) throw new ToolMisuse(`"${path}" has ${lines.length} lines only.`);
      const last = Math.min(end ?? lines.length, lines.length, start + MAX_LINES - 1);
      if (last < start) throw new ToolMisuse('end_line lies before start_line.');
      const shown = numbered(lines.slice(start - 1, last), start);
      const rest = last < lines.length ? `\n[${lines.length} lines in all]` : '';
      const text = fence(path, `${cutText(shown, MAX_ANSWER_BYTES)}${rest}`);
      return { text, isError: false, summary: `read ${path} ${start}–${last} of ${lines.length}` };
    },
  });

const numbered = (lines: readonly string[], first: number): string =>
  lines
    .map((line, index) => `${first + index}\t${cutText(line.replace(/\r$/, ''), MAX_LINE_BYTES)}`)
    .join('\n');
