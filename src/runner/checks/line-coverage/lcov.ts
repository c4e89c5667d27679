import { join } from 'node:path';
import { repositoryPath } from '../reporters/report-path.ts';
import { MAX_REPORT_BYTES } from '../reporters/reporter.ts';
import { readPlainFile } from '../tree-file.ts';
import { type Asked } from './coverage-tool.ts';
import { type FileRuns, joinRuns } from './line-runs.ts';

/** A report in the format of lcov, of which only the lines are read; `file` is relative to the report folder. */
export async function readLcov({ folder, place, files }: Asked, file: string): Promise<FileRuns> {
  const text = await readPlainFile(join(folder, file), MAX_REPORT_BYTES);
  // Tools append the same file once for each of their processes, or projects.
  return joinRuns((text ?? '').split('end_of_record').map((record) => readRecord(record, place, files)));
}

function readRecord(record: string, place: string, files: ReadonlyMap<string, string>): FileRuns {
  const name = /^SF:(.+)$/m.exec(record)?.[1];
  const path = name === undefined ? '' : repositoryPath(name.trim(), place);
  if (!files.has(path)) return new Map();
  const lines = [...record.matchAll(/^DA:(\d+),(\d+)/gm)];
  return new Map([[path, new Map(lines.map(([, line, count]) => [Number(line), Number(count) > 0]))]]);
}
