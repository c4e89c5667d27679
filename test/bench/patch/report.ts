import { applyEdits, explainToPerson, parseAnswer, type Tree } from '../../../src/patch/index.ts';
import type { PatchCase } from './patch-case.ts';
import type { Judged, Score } from './score.ts';

const percent = (part: number): string => `${(part * 100).toFixed(1)} %`;

/** One row a group and contender, as a Markdown table. */
export function scoreTable(scores: Readonly<Record<string, Readonly<Record<string, Score>>>>): string {
  const rows = Object.entries(scores).flatMap(([group, contenders]) =>
    Object.entries(contenders).map(([name, one]) => {
      const cells = [
        group,
        name,
        `${one.cases}`,
        percent(one.exact),
        percent(one.refused),
        percent(one.wrong),
        percent(one.dirty),
      ];
      return `| ${[...cells, one.median_ms.toFixed(2), one.p95_ms.toFixed(2), `${one.unknown}`].join(' | ')} |`;
    }),
  );
  const head =
    '| cases | contender | with truth | exact | refused | wrong | dirty | median ms | p95 ms | no truth |';
  return [head, '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |', ...rows].join('\n');
}

/** What ours did with each kind, the weakest first; kinds without a miss are only counted. */
export function kindsTable(judged: readonly Judged[]): string {
  const kinds = Map.groupBy(
    judged.filter(({ test }) => test.group === 'synthetic' || test.group === 'must_refuse'),
    ({ test }) => `${test.group}: ${test.kind}`,
  );
  const rows = [...kinds].flatMap(([kind, all]) => {
    const count = (verdict: string): number => all.filter((one) => one.verdict === verdict).length;
    const good = kind.startsWith('must') ? all.length - count('wrong') - count('dirty') : count('exact');
    return good === all.length
      ? []
      : [
          {
            part: good / all.length,
            text: `${kind}: ${count('exact')} exact, ${count('refused')} refused, ${count('wrong')} wrong of ${all.length}`,
          },
        ];
  });
  const weak = rows.sort((left, right) => left.part - right.part).map(({ text }) => text);
  return [`${kinds.size} kinds; ours misses in:`, ...weak].join('\n');
}

/** Every case that ours got wrong, or refused without need, with the reason it gave. */
export function missesOf(judged: readonly Judged[]): string {
  const missed = judged.filter(
    ({ test, verdict }) =>
      verdict === 'wrong' || (verdict === 'refused' && test.group !== 'must_refuse' && !test.unknown),
  );
  return missed
    .map(({ test, verdict }) => `${verdict.toUpperCase()} ${test.group} ${test.id}: ${reasonOf(test)}`)
    .join('\n');
}

function reasonOf(test: PatchCase): string {
  const tree: Tree = new Map(
    Object.entries(test.files).map(([path, text]) => [path, { text, mode: '100644' }]),
  );
  const outcome = applyEdits(tree, parseAnswer(test.answer, test.truncated ? { truncated: true } : {}));
  if (outcome.status === 'refused') return explainToPerson(outcome.refusals);
  return outcome.placements
    .map(({ path, hunkNumber, level, line }) => `${path}#${hunkNumber} ${level} at ${line}`)
    .join('; ');
}
