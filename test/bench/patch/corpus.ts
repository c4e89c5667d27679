import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import * as z from 'zod';
import type { PatchCase } from './patch-case.ts';

const Files = z.record(z.string(), z.string());

/** One line of a corpus: a diff that a model wrote, the files it was written for, and what it should make of them. */
const Row = z.object({
  id: z.string(),
  files: Files,
  diff: z.string(),
  answer: z.string().nullish(),
  after: Files.nullish(),
  expect: z.string(),
});

/** Reads a corpus (JSON lines, gzipped or not): every diff as a case, and every raw answer. */
export function corpusCases(path: string): readonly PatchCase[] {
  const bytes = readFileSync(path);
  const text = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes).toString() : bytes.toString();
  const rows = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => Row.parse(JSON.parse(line)));
  return rows.flatMap(({ id, files, diff, answer, after, expect }) => {
    const isRefused = expect === 'refuse';
    const known = {
      files,
      kind: 'corpus',
      after: after ?? null,
      unknown: !isRefused && (after ?? null) === null,
      truncated: false,
    };
    const cases: PatchCase[] = [{ ...known, id, group: isRefused ? 'must_refuse' : 'real', answer: diff }];
    if (answer != null && !isRefused) cases.push({ ...known, id, group: 'answers', answer });
    return cases;
  });
}
