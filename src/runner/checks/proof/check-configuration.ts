import { type FileChange } from './file-change.ts';

/** Files whose every change is one of the checks. */
const WHOLE_FILES = [
  /^\.github\/ptc\.ya?ml$/,
  /(?:^|\/)(?:vitest|vite|jest|karma|eslint|mocha|ava|playwright|cypress|prettier|biome|babel)\.(?:config|workspace|setup|preset)\.[\w.]+$/,
  /(?:^|\/)\.(?:mocharc|eslintrc|eslintignore|nycrc|c8rc|oxlintrc|babelrc|prettierrc|taprc|swcrc)(?:\.[\w.]+)?$/,
  /(?:^|\/)(?:tsconfig|jsconfig)(?:[.-][\w.-]+)?\.json$/,
  /(?:^|\/)biome\.jsonc?$/,
  /(?:^|\/)(?:conftest|noxfile)\.py$/,
  /(?:^|\/)\.?(?:pytest|tox|mypy|ruff|pylintrc|coveragerc|flake8)(?:\.ini|\.toml)?$/,
  /(?:^|\/)\.pytest\.ini$/,
];

const PACKAGE_KEYS = [
  'scripts',
  'jest',
  'mocha',
  'vitest',
  'ava',
  'tap',
  'nyc',
  'c8',
  'babel',
  'eslintConfig',
  'eslintIgnore',
  'packageManager',
];

const TOOL_SECTION =
  /^\[(?:tool[.:](?:pytest|ruff|mypy|coverage|tox|pylint|flake8)|flake8|mypy|coverage|pytest)/;

/** The changed files that configure the checks themselves, in the order given. */
export function checkConfiguration(changes: readonly FileChange[]): readonly string[] {
  return changes.filter(configuresChecks).map((change) => change.path);
}

function configuresChecks(change: FileChange): boolean {
  const { path, before, after } = change;
  if (WHOLE_FILES.some((pattern) => pattern.test(path))) return true;
  if (/(?:^|\/)package\.json$/.test(path)) return packageSettings(before) !== packageSettings(after);
  if (/(?:^|\/)(?:pyproject\.toml|setup\.cfg)$/.test(path))
    return toolSections(before) !== toolSections(after);
  return false;
}

function packageSettings(text: string | null): string {
  if (text === null) return '[]';
  try {
    const manifest: unknown = JSON.parse(text);
    if (typeof manifest !== 'object' || manifest === null) return text;
    const settings = new Map<string, unknown>(Object.entries(manifest));
    return JSON.stringify(
      PACKAGE_KEYS.flatMap((key) => (settings.has(key) ? [[key, settings.get(key)]] : [])),
    );
  } catch {
    return text;
  }
}

/** The sections of a TOML or INI text that set up a test tool or linter. */
function toolSections(text: string | null): string {
  const sections = (text ?? '').split(/^(?=\[)/m);
  return sections
    .filter((section) => TOOL_SECTION.test(section))
    .map((section) => section.trimEnd())
    .join('\n');
}
