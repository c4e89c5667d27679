import { type Recording } from '../../protocol/recording.ts';
import { type RunnerResult } from '../../protocol/runner-result.ts';
import { createNormaliser, type Normaliser } from './normalise.ts';
import { firstSeqOf, type Performance } from './perform.ts';
import { type Part, type Saying, sayingsOf } from './sayings.ts';

/** Where a replay and its recording part. */
export interface Difference {
  /** An event's type, or the part of the result. */
  readonly kind: string;
  /** Which one of its kind, and the line of the text. */
  readonly where: string;
  readonly recorded: string;
  readonly now: string;
}

export interface Comparison {
  /** The first of each kind. */
  readonly differences: readonly Difference[];
  /** How many there are in all. */
  readonly total: number;
  /** False when the recording breaks off: then it was compared as far as it goes. */
  readonly isWhole: boolean;
}

/** Compares what a runner said and made with what was recorded, stream by stream. */
export function compare(recording: Recording, performance: Performance, replayId: string): Comparison {
  const isWhole = recording.result !== null && recording.result.status !== 'cancelled';
  const then = {
    sayings: sayingsOf(
      recording.events.filter(({ seq }) => seq >= firstSeqOf(recording.job)),
      recording,
    ),
    normaliser: createNormaliser(recording.job.runId),
  };
  const now = { sayings: sayingsOf(performance.events, recording), normaliser: createNormaliser(replayId) };
  const all = [
    ...compareStreams(then, now, isWhole),
    ...(performance.unrecorded === null || !isWhole
      ? []
      : [
          difference(
            'model.request',
            `${performance.unrecorded.requestId}, where the replay ended`,
            'not asked, so there is no answer',
            'asked',
          ),
        ]),
    ...(isWhole && recording.result !== null ? compareResults(recording.result, performance.result) : []),
  ];
  const kinds = new Set<string>();
  const first = all.filter(({ kind }) => !kinds.has(kind) && kinds.add(kind));
  return { differences: first, total: all.length, isWhole };
}

interface Side {
  readonly sayings: readonly Saying[];
  readonly normaliser: Normaliser;
}

function compareStreams(then: Side, now: Side, isWhole: boolean): readonly Difference[] {
  const recorded = Map.groupBy(then.sayings, ({ stream }) => stream);
  const replayed = Map.groupBy(now.sayings, ({ stream }) => stream);
  const known = [...recorded].flatMap(([stream, sayings]) => {
    const others = replayed.get(stream) ?? [];
    const inText = sayings.flatMap((saying, index) => {
      const other = others[index];
      if (other === undefined || (!isWhole && (wasEnded(saying) || wasEnded(other)))) return [];
      return compareSaying(saying, other, { recorded: then, replayed: now });
    });
    return isWhole && others.length !== sayings.length
      ? [...inText, difference(sayings[0]?.kind ?? '', stream, times(sayings.length), times(others.length))]
      : inText;
  });
  const fresh = isWhole ? [...replayed].filter(([stream]) => !recorded.has(stream)) : [];
  return [
    ...known,
    ...fresh.map(([stream, sayings]) =>
      difference(sayings[0]?.kind ?? '', stream, 'not there', times(sayings.length)),
    ),
  ];
}

/** A command that was under way when its run was ended. */
const wasEnded = ({ parts }: Saying): boolean => parts.some(({ text }) => text === 'cancelled');

const times = (count: number): string =>
  count === 0 ? 'not there' : count === 1 ? 'once' : `${count} times`;

function compareSaying(
  saying: Saying,
  other: Saying,
  sides: { recorded: Side; replayed: Side },
): readonly Difference[] {
  const count = Math.max(saying.parts.length, other.parts.length);
  return Array.from({ length: count }, (_, index) => {
    const [mine, theirs] = [saying.parts[index], other.parts[index]];
    const where = `${saying.stream}, ${(mine ?? theirs)?.name ?? ''}`;
    if (mine === undefined || theirs === undefined)
      return [difference(saying.kind, where, mine?.text ?? 'not there', theirs?.text ?? 'not there')];
    return compareTexts(
      saying.kind,
      where,
      normal(mine, sides.recorded),
      normal(theirs, sides.replayed),
      mine.isPrinted,
    );
  }).flat();
}

const normal = ({ text, isPrinted }: Part, { normaliser }: Side): string =>
  isPrinted ? normaliser.loose(text) : normaliser.exact(text);

function compareTexts(
  kind: string,
  where: string,
  recorded: string,
  now: string,
  inAnyOrder = false,
): readonly Difference[] {
  if (recorded === now) return [];
  const [then, since] = [recorded.split('\n'), now.split('\n')];
  // Tools that run tests beside each other print them as they end.
  if (inAnyOrder && [...then].sort().join('\n') === [...since].sort().join('\n')) return [];
  const line = then.findIndex((text, index) => text !== since[index]);
  const at = line === -1 ? then.length : line;
  const place = then.length === 1 && since.length === 1 ? where : `${where}, line ${at + 1}`;
  return [difference(kind, place, then[at] ?? 'the end', since[at] ?? 'the end')];
}

function compareResults(then: RunnerResult, now: RunnerResult): readonly Difference[] {
  const states = ({ subtasks }: RunnerResult): string =>
    subtasks.map(({ index, state }) => `${index} ${state}`).join('\n');
  const status = ({ status, problem }: RunnerResult): string =>
    problem === null ? status : `${status}: ${problem.code}`;
  return [
    ...compareTexts('result', 'status', status(then), status(now)),
    ...compareTexts(
      'result plan',
      'plan',
      JSON.stringify(then.plan, null, 1),
      JSON.stringify(now.plan, null, 1),
    ),
    ...compareTexts('result subtasks', 'subtasks', states(then), states(now)),
    ...compareFiles(then, now),
    ...compareTexts(
      'result verdict',
      'verdict',
      then.proof?.verdict ?? 'no proof',
      now.proof?.verdict ?? 'no proof',
    ),
  ];
}

function compareFiles(then: RunnerResult, now: RunnerResult): readonly Difference[] {
  const paths = [...new Set([...then.files, ...now.files].map(({ path }) => path))];
  return paths.flatMap((path) => {
    const [mine, theirs] = [then, now].map(({ files }) => files.find((file) => file.path === path));
    const about = (file: typeof mine): string =>
      file === undefined ? 'not changed' : file.content === null ? 'deleted' : `mode ${file.mode}`;
    if (about(mine) !== about(theirs)) return [difference('result change', path, about(mine), about(theirs))];
    return compareTexts('result change', path, mine?.content ?? '', theirs?.content ?? '');
  });
}

const difference = (kind: string, where: string, recorded: string, now: string): Difference => ({
  kind,
  where,
  recorded,
  now,
});
