import { isNode, LineCounter, parseDocument } from 'yaml';
import { type Problem } from '../domain/errors.ts';
import { RepositorySettings } from '../domain/repository-settings.ts';

const MAX_CHARACTERS = 64 * 1024;

/**
 * `.github/ptc.yml` as typed settings, or the problem with it: every fault is named with its line, so that
 * one look mends them all. An empty file is no settings.
 */
export function parseSettings(text: string): RepositorySettings | Problem {
  if (text.length > MAX_CHARACTERS) return problem([`it is longer than ${MAX_CHARACTERS} characters`]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const lineOf = (offset: number | undefined): string =>
    offset === undefined ? '' : `line ${lines.linePos(offset).line}: `;
  if (document.errors.length > 0) {
    return problem(
      document.errors.map((error) => `${lineOf(error.pos[0])}${error.message.split('\n', 1)[0]}`),
    );
  }
  const parsed = RepositorySettings.safeParse(toValue(document) ?? {});
  if (parsed.success) return parsed.data;
  return problem(
    parsed.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => `${lineOf(offsetOf(document, [...issue.path, key]))}unknown key “${key}”`)
        : [`${lineOf(offsetOf(document, issue.path))}${issue.path.join('.') || 'file'}: ${issue.message}`],
    ),
  );
}

// An alias bomb throws here; it is bad input like any other.
function toValue(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 10 });
  } catch (error) {
    return error instanceof Error ? error.message : 'unreadable';
  }
}

/** Where the value at `path` (or the nearest that exists above it) begins in the file. */
function offsetOf(
  document: ReturnType<typeof parseDocument>,
  path: readonly PropertyKey[],
): number | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return undefined;
}

const problem = (faults: readonly string[]): Problem => ({
  code: 'settings-invalid',
  message: `.github/ptc.yml cannot be used:\n${faults.map((fault) => `- ${fault}`).join('\n')}`,
  remedy:
    'Mend .github/ptc.yml on the default branch (its keys: setup, test, lint, typecheck, budget, models), then comment `/ptc build` again.',
  retryable: false,
});
