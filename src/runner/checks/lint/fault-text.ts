import { type Fault } from './fault.ts';
import { readFaultLine, severityOf } from './fault-lines.ts';

/** Longer messages differ before that; and what untrusted code prints must not take long to read. */
const MAX_LINE_LENGTH = 2_000;

/** What stands in a command's output where the middle of it was left out. */
const CUT = /^\[… \d+ bytes left out …\]$/m;

/** Tools that say that they do not print all they found. */
const LIMITED = /^[ \t]*(?:Diagnostics not shown: |The number of diagnostics exceeds )/m;

/** Who runs several packages' tools at once writes each line's package, or only its task, before it. */
const RUNNER_PREFIX =
  /^(?:[@\w./-]+[: ](?:lint|type-?check|check|tsc)[\w:.-]*:|\[(?!warn\]|error\])[@\w:./-]+\]) /;

/** ESLint, Stylelint, Next.js: a line with the file, then a row for every fault in it. */
const FILE_HEADING = /^\S[^:]*\.\w+$/;
const ROW = /^\s*(?<line>\d+):\d+\s+(?<severity>error|warning|[✖✘×⚠])[:\s]\s*(?<text>.+)$/i;

/** Rustc, Clippy, Ruff, Oxlint: what is wrong, then an arrow and the place. */
const ARROW = /^\s*(?:-->|,-\[|╭─\[)\s?(?<file>[^:]+):(?<line>\d+):\d+\]?$/;
const ARROW_TEXT =
  /^(?:\s+(?=[!×✖⚠x] )|(?=\S))(?:(?<severity>error|warning|[!×✖⚠](?= )|x(?= \S+\(\S+\):))(?=[[:\s]):?\s*)?(?<text>\S.*)$/;
const REMARK = /^\s*(?:note|help|info)\b/;

/** Biome: the place and the rule with a line to the edge, then what is wrong. */
const RULED = /^(?<file>\S.*?)(?::(?<line>\d+):\d+)? (?<rule>[a-z]\w*(?:\/\w+)*)\s+(?:FIXABLE\s+)?━{3,}$/;
const RULED_TEXT = /^\s+(?<severity>[×✖!⚠])\s+(?<text>.+)$/;

/**
 * True when not all that the tool found stands in `output`: then nothing can be said of the faults that are
 * not in it.
 */
export function isCut(output: string): boolean {
  return CUT.test(output) || LIMITED.test(output);
}

/** The faults that a tool printed, in any of the forms that the common ones use. */
export function readFaultText(output: string): readonly Fault[] {
  const faults: Fault[] = [];
  let heading = '';
  let before = '';
  let ruled: RegExpExecArray | null = null;
  for (const whole of output.split(/\r?\n/)) {
    const line = whole.slice(0, MAX_LINE_LENGTH).replace(RUNNER_PREFIX, '');
    if (line.trim() === '') {
      heading = '';
      continue;
    }
    const found =
      underRule(ruled, line) ?? underHeading(heading, line) ?? atArrow(before, line) ?? readFaultLine(line);
    if (found !== null) faults.push(found);
    ruled = RULED.exec(line);
    if (FILE_HEADING.test(line)) heading = line;
    before = line;
  }
  return faults;
}

function underHeading(file: string, line: string): Fault | null {
  const row = file === '' ? undefined : ROW.exec(line)?.groups;
  const severity = severityOf(row?.['severity'] ?? '');
  if (row === undefined || severity === null) return null;
  // The rule stands in a column of its own.
  const columns = (row['text'] ?? '').trim().replaceAll(/\s{3,}/g, '  ');
  const [, text, rule] = /^(.+?) {2}(\S+)$/.exec(columns) ?? [];
  return {
    file,
    line: Number(row['line']),
    text: rule === undefined || text === undefined ? columns : `${rule} ${text}`,
    severity,
  };
}

function atArrow(before: string, line: string): Fault | null {
  const place = ARROW.exec(line)?.groups;
  const what = place === undefined || REMARK.test(before) ? undefined : ARROW_TEXT.exec(before)?.groups;
  if (place === undefined || what === undefined) return null;
  const severity = severityOf(what['severity'] ?? 'error') ?? 'error';
  return { file: place['file'] ?? '', line: Number(place['line']), text: what['text'] ?? '', severity };
}

function underRule(ruled: RegExpExecArray | null, line: string): Fault | null {
  const place = ruled?.groups;
  const what = place === undefined ? undefined : RULED_TEXT.exec(line)?.groups;
  if (place === undefined || what === undefined) return null;
  return {
    file: place['file'] ?? '',
    line: place['line'] === undefined ? null : Number(place['line']),
    text: `${place['rule'] ?? ''} ${what['text'] ?? ''}`,
    severity: severityOf(what['severity'] ?? '') ?? 'error',
  };
}
