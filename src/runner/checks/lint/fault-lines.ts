import { type Fault } from './fault.ts';

type Groups = Readonly<Record<string, string | undefined>>;

/** A file's name ends at the first colon: so the patterns take no longer than the line is long. */
const FILE = String.raw`(?<file>[^:\s][^:]*)`;

/** Forms in which tools print a fault on one line; the first that fits counts. */
const FORMS: readonly RegExp[] = [
  // TypeScript, MSBuild
  /^\s*(?<file>\S[^:]*?)\((?<line>\d+)(?:,\d+)*\): (?<severity>error|warning) (?<text>\w+: .+)$/,
  // GitHub's own, which Biome and others can write
  /^::(?<severity>error|warning) (?:title=(?<rule>[^,]*),)?file=(?<file>[^,]+),line=(?<line>\d+)[^:]*::(?<text>.*)$/,
  // TypeScript for people, Pyright
  new RegExp(
    String.raw`^\s*${FILE}:(?<line>\d+):\d+ - (?<severity>error|warning|information|hint):? (?<text>.+)$`,
  ),
  // Oxlint, ESLint: unix
  new RegExp(
    String.raw`^\s*${FILE}:(?<line>\d+):\d+: (?<text>.+?) \[(?<severity>Error|Warning)(?:/(?<rule>[^\]]+))?\]$`,
  ),
  // Compilers, Mypy, Flake8, Ruff, golangci-lint, go vet and most others
  new RegExp(
    String.raw`^\s*(?:vet: )?${FILE}:(?<line>\d+)(?::\d+)?:\s+(?:(?<severity>fatal error|error|warning|note|info|information|hint|help|remark)(?=[:[]):?\s*)?(?<text>.+)$`,
    'i',
  ),
];

/** Formatters name the file that they would change. */
const UNFORMATTED: readonly RegExp[] = [
  /^\[(?:warn|error)\] (?<file>\S.*\.\w+)$/,
  /^would reformat:? (?<file>\S.*)$/i,
  /^Diff in (?<file>\S.*?)(?: at line |:)(?<line>\d+):$/,
];

/** The fault that a line of a tool's output tells; null when it tells none. */
export function readFaultLine(line: string): Fault | null {
  for (const form of FORMS) {
    const found = form.exec(line)?.groups;
    if (found !== undefined) return asFault(found);
  }
  for (const form of UNFORMATTED) {
    const found = form.exec(line)?.groups;
    if (found !== undefined) return asFault({ ...found, text: 'is not formatted' });
  }
  return null;
}

function asFault({ file = '', line, severity = 'error', rule, text = '' }: Groups): Fault | null {
  const level = severityOf(severity);
  // Other words stand before numbers too.
  if (level === null || !/[./]/.test(file)) return null;
  return {
    file,
    line: line === undefined ? null : Number(line),
    text: rule === undefined || rule === '' ? text : `${rule} ${text}`,
    severity: level,
  };
}

/** Null for remarks, which belong to the fault before them. */
export function severityOf(word: string): Fault['severity'] | null {
  if (/error|^[×✖✘x]$/i.test(word)) return 'error';
  return /warn|^[!⚠]$/i.test(word) ? 'warning' : null;
}
