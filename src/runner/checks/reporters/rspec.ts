import { join } from 'node:path';
import * as z from 'zod';
import { type TestCase } from '../check.ts';
import { shellWord } from '../shell-words.ts';
import { readPlainFile } from '../tree-file.ts';
import { repositoryPath } from './report-path.ts';
import { MAX_MESSAGE_LENGTH, MAX_REPORT_BYTES, type Reporter } from './reporter.ts';

const REPORT = 'rspec.json';

const RspecReport = z.object({
  examples: z.array(
    z.object({
      full_description: z.string(),
      status: z.string(),
      file_path: z.string(),
      exception: z.object({ class: z.string(), message: z.string() }).nullish(),
    }),
  ),
  messages: z.array(z.string()).default([]),
});
type Example = z.infer<typeof RspecReport>['examples'][number];

export const rspec: Reporter = {
  request: (folder) => ({
    words: [],
    // Reaches RSpec through Rake and Bundler too, and leaves people their progress.
    env: { SPEC_OPTS: `--format progress --format json --out ${shellWord(join(folder, REPORT))}` },
    files: {},
  }),
  only: (files) => files,
  async read(folder, place) {
    const text = await readPlainFile(join(folder, REPORT), MAX_REPORT_BYTES);
    if (text === null) return null;
    const { examples, messages } = RspecReport.parse(JSON.parse(text));
    return [
      ...messages.flatMap((message) => unloaded(message, place)),
      ...examples.map((example) => caseOf(example, place)),
    ];
  },
};

/** Where a file does not load, RSpec runs nothing and says so in a message. */
function unloaded(message: string, place: string): readonly TestCase[] {
  const path = /An error occurred while loading (\S+?\.rb)/.exec(message)?.[1];
  if (path === undefined) return [];
  const file = repositoryPath(path, place);
  return [{ file, name: file, status: 'error', message: message.trim().slice(0, MAX_MESSAGE_LENGTH) }];
}

function caseOf({ full_description, status, file_path, exception }: Example, place: string): TestCase {
  const text = exception ? `${exception.class}: ${exception.message.trim()}` : '';
  return {
    file: repositoryPath(file_path, place),
    name: full_description.trim(),
    status: status === 'passed' || status === 'failed' ? status : 'skipped',
    message: text.slice(0, MAX_MESSAGE_LENGTH),
  };
}
