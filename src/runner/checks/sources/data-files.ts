import { type FileChange } from '../proof/file-change.ts';
import { lineAt, type SourceFault } from './source-fault.ts';

/** By convention these hold comments, whatever their ending says. */
const JSON_WITH_COMMENTS =
  /(?:^|\/)(?:[tj]sconfig[\w.-]*|\.eslintrc|\.babelrc|\.swcrc|\.oxlintrc|deno|devcontainer|api-extractor|biome)\.json$|(?:^|\/)\.vscode\//;

/** Templates of other programs, which become YAML only when these have filled them in. */
const TEMPLATE = /\{\{|\{%|<%/;

const MAX_FAULTS_OF_FILE = 3;

/** Faults in files that hold data. Parsed here: neither parser runs anything of a file. */
export async function dataFaults(changes: readonly FileChange[]): Promise<readonly SourceFault[]> {
  const faults: SourceFault[] = [];
  for (const { path, after } of changes) {
    if (after === null) continue;
    if (path.endsWith('.json') && !JSON_WITH_COMMENTS.test(path)) faults.push(...jsonFaults(path, after));
    if (/\.ya?ml$/.test(path) && !TEMPLATE.test(after)) faults.push(...(await yamlFaults(path, after)));
  }
  return faults;
}

function jsonFaults(path: string, text: string): readonly SourceFault[] {
  try {
    JSON.parse(text.replace(/^\uFEFF/, ''));
    return [];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const offset = /at position (\d+)/.exec(message)?.[1];
    const isAtEnd = /end of JSON input/.test(message);
    const line =
      offset === undefined ? (isAtEnd ? lineAt(text, text.length) : null) : lineAt(text, Number(offset));
    return [{ path, line, message }];
  }
}

async function yamlFaults(path: string, text: string): Promise<readonly SourceFault[]> {
  // Loaded here, because few changes have any.
  const { parseAllDocuments } = await import('yaml');
  const documents = parseAllDocuments(text, { prettyErrors: false });
  const errors = Array.isArray(documents) ? documents.flatMap((each) => each.errors) : [];
  return errors
    .slice(0, MAX_FAULTS_OF_FILE)
    .map((error) => ({ path, line: lineAt(text, error.pos[0]), message: error.message }));
}
