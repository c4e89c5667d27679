/**
 * How well model-written diffs are applied, ours beside git, GNU patch and npm's diff on the same cases.
 * Usage: node test/bench/patch.ts [--corpus FILE.jsonl[.gz]] [--seed N] [--cases N] [--packages a@1:2,b@3:4] [--json] [--misses]
 */
import { parseArgs } from 'node:util';
import { contenders } from './patch/contenders.ts';
import { corpusCases } from './patch/corpus.ts';
import { PACKAGES, PackagesUnavailable, versionPairs } from './patch/packages.ts';
import type { PatchCase } from './patch/patch-case.ts';
import { kindsTable, missesOf, scoreTable } from './patch/report.ts';
import { judge, score, type Judged, type Score } from './patch/score.ts';
import { syntheticCases } from './patch/synthetic.ts';

const GROUPS = ['real', 'answers', 'synthetic', 'must_refuse'] as const;

const { values } = parseArgs({
  options: {
    corpus: { type: 'string' },
    seed: { type: 'string', default: '1' },
    cases: { type: 'string', default: '20' },
    packages: { type: 'string', default: PACKAGES.join(',') },
    only: { type: 'string', default: Object.keys(contenders).join(',') },
    json: { type: 'boolean', default: false },
    misses: { type: 'boolean', default: false },
  },
});

const cases = [...(values.corpus === undefined ? [] : corpusCases(values.corpus)), ...synthetic()];
const chosen = values.only.split(',');
const judged = new Map<string, readonly Judged[]>();
for (const [name, contender] of Object.entries(contenders)) {
  if (!chosen.includes(name)) continue;
  if (!values.json) console.error(`${name}: ${cases.length} cases …`);
  judged.set(
    name,
    cases.map((test) => judge(test, contender)),
  );
}

const scores: Record<string, Record<string, Score>> = {};
for (const group of GROUPS) {
  const rows = [...judged].map(
    ([name, all]) => [name, score(all.filter(({ test }) => test.group === group))] as const,
  );
  if (rows.some(([, { cases: count, unknown }]) => count + unknown > 0))
    scores[group] = Object.fromEntries(rows);
}
if (values.json) console.log(JSON.stringify(scores));
else {
  console.log(scoreTable(scores));
  console.log(kindsTable(judged.get('ours') ?? []));
}
if (values.misses) console.log(missesOf(judged.get('ours') ?? []));

function synthetic(): readonly PatchCase[] {
  try {
    return syntheticCases(
      versionPairs(values.packages.split(',')),
      Number(values.seed),
      Number(values.cases),
    );
  } catch (error) {
    if (!(error instanceof PackagesUnavailable)) throw error;
    console.error(
      `No synthetic cases: ${error.message} They need the npm registry once; then they stay in the temp folder.`,
    );
    return [];
  }
}
