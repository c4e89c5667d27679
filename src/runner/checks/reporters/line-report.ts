import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import * as z from 'zod';
import { type TestCase } from '../check.ts';
import { readPlainFile } from '../tree-file.ts';
import { repositoryPath } from './report-path.ts';
import { MAX_MESSAGE_LENGTH, MAX_REPORT_BYTES } from './reporter.ts';

/** More processes than this do not each run tests of their own. */
const MAX_REPORTS = 100;

const Line = z.object({
  file: z.string(),
  name: z.string(),
  status: z.enum(['passed', 'failed', 'error', 'skipped']),
  message: z.string(),
});

/** The reports of our own reporters: one JSON object a line, one `<pid>.ndjson` for each process. */
export async function readLineReports(folder: string, tree: string): Promise<readonly TestCase[] | null> {
  const names = (await readdir(folder)).filter((name) => /^\d+\.ndjson$/.test(name)).slice(0, MAX_REPORTS);
  const cases: TestCase[] = [];
  let leftBytes = MAX_REPORT_BYTES;
  for (const name of names.sort()) {
    const text = await readPlainFile(join(folder, name), leftBytes);
    if (text === null) return null;
    leftBytes -= Buffer.byteLength(text);
    for (const line of text.split('\n').filter((each) => each !== '')) {
      cases.push(readLine(Line.parse(JSON.parse(line)), tree));
    }
  }
  return names.length === 0 ? null : cases;
}

function readLine(line: z.infer<typeof Line>, tree: string): TestCase {
  const file = line.file === '' ? '' : repositoryPath(line.file, tree);
  return {
    file,
    name: line.name === line.file ? file : line.name,
    status: line.status,
    message: stripVTControlCharacters(line.message).slice(0, MAX_MESSAGE_LENGTH),
  };
}
