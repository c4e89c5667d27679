export interface CoverageView {
  readonly covered: number;
  readonly coverable: number;
  readonly files: readonly {
    readonly path: string;
    readonly uncoveredLines: readonly (readonly [number, number])[];
  }[];
}

const PLACES = 10;

/**
 * How many of the changed lines the tests ran, and the first places of those they did not. The paths in it are
 * a stranger's.
 *
 * @param coverage null where no tool could tell, and absent from a proof stored before any was asked
 * @returns empty where there is nothing to say
 */
export function coverageInWords(coverage: CoverageView | null | undefined): string {
  if (coverage === null || coverage === undefined) return '';
  const { covered, coverable, files } = coverage;
  const places = files.flatMap(({ path, uncoveredLines }) =>
    uncoveredLines.map(([first, last]) => `${path}:${first === last ? first : `${first}–${last}`}`),
  );
  const rest = places.length > PLACES ? [`and ${places.length - PLACES} more`] : [];
  const missed = places.length === 0 ? '' : `; not run: ${[...places.slice(0, PLACES), ...rest].join(', ')}`;
  const lines = coverable === 1 ? 'changed line was' : 'changed lines were';
  return `${covered} of ${coverable} ${lines} run by the tests${missed}.`;
}
