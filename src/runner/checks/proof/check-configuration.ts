import { type FileChange } from './file-change.ts';

/** Files whose every change is one of the checks. */
const WHOLE_FILES = [
  /^\.github\/ptc\.ya?ml$/,
  /(?:^|\/)(?:vitest|vite|jest|karma|eslint|mocha|ava|playwright|cypress|prettier|biome|babel)\.(?:config|workspace|setup|preset)\.[\w.]+$/,
  /(?:^|\/)\.(?:mocharc|eslintrc|eslintignore|nycrc|c8rc|oxlintrc|babelrc|prettierrc|taprc|swcrc)(?:\.[\w.]+)?$/,
  /(?:^|\/)(?:tsconfig|jsconfig)(?:[.-][\w.-]+)?\.json$/,
  /(?:^|\/)(?:biome\.jsonc?|bunfig\.toml)$/,
  /(?:^|\/)(?:conftest|noxfile)\.py$/,
  /(?:^|\/)\.?(?:pytest|tox|mypy|ruff|pylintrc|coveragerc|flake8)(?:\.ini|\.toml)?$/,
  /(?:^|\/)\.pytest\.ini$/,
  /(?:^|\/)\.golangci\.(?:ya?ml|toml|json)$/,
  /(?:^|\/)\.?(?:clippy|rustfmt|nextest)\.toml$/,
  /(?:^|\/)\.cargo\/config(?:\.toml)?$/,
  /(?:^|\/)(?:checkstyle|pmd|spotbugs)[\w.-]*\.xml$/,
  /(?:^|\/)junit-platform\.properties$/,
  /\.(?:runsettings|testsettings|globalconfig)$/,
  /(?:^|\/)Directory\.Build\.(?:props|targets)$/,
  /(?:^|\/)(?:xunit\.runner|testconfig)\.json$/,
  /(?:^|\/)\.(?:rspec|rubocop(?:_todo)?\.yml|simplecov)$/,
  /(?:^|\/)(?:spec\/(?:spec|rails)_helper|test\/test_helper)\.rb$/,
  /(?:^|\/)Rakefile$/,
  /(?:^|\/)(?:phpunit|phpstan|psalm|phpcs)(?:\.dist)?\.(?:xml|neon)(?:\.dist)?$/,
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

const CARGO_SECTION = /^\[+(?:lints|workspace\.lints|profile\.test|test)\b/;

/** Kotlin's and Groovy's ways to name the tasks that test, and plugins that lint. */
const GRADLE_BLOCK =
  /^\s*(?:(?:tasks\.)?(?:test|withType[(<]\s*Test\b|named[(<].*[tT]est|register.*Test\b)|testing|check|checkstyle|pmd|spotbugs|spotless|jacoco)\b.*\{|^\s*(?:tasks\.)?test\./;

/** Plugins, and properties like `skipTests`. */
const POM_ELEMENT =
  /<(plugin|profile|testSourceDirectory|[\w.]*(?:[sS]kip|[tT]est|surefire|failsafe)[\w.]*)>[\s\S]*?<\/\1>/g;

const MAKE_RULE =
  /^[\w.-]*(?:test|check|lint)[\w. -]*:|^(?:export\s+)?[\w.]+\s*(?::{1,3}|[?+!])?=|^-?include\b/i;

/** Files of which parts configure the checks: by their names, and what is taken out of their texts. */
const PARTS: readonly (readonly [RegExp, (text: string) => string])[] = [
  [/(?:^|\/)package\.json$/, packageSettings],
  [/(?:^|\/)composer\.json$/, composerSettings],
  [/(?:^|\/)(?:pyproject\.toml|setup\.cfg)$/, (text) => sections(text, TOOL_SECTION)],
  [/(?:^|\/)Cargo\.toml$/, (text) => sections(text, CARGO_SECTION)],
  [/(?:^|\/)pom\.xml$/, (text) => elements(text, POM_ELEMENT)],
  [/\.gradle(?:\.kts)?$/, (text) => blocks(text, GRADLE_BLOCK)],
  [/(?:^|\/)(?:GNUm|[Mm])akefile$|\.mk$/, makeRules],
];

/** The changed files that configure the checks themselves, in the order given. */
export function checkConfiguration(changes: readonly FileChange[]): readonly string[] {
  return changes.filter(configuresChecks).map((change) => change.path);
}

function configuresChecks(change: FileChange): boolean {
  const { path, before, after } = change;
  if (WHOLE_FILES.some((pattern) => pattern.test(path))) return true;
  return PARTS.some(([name, part]) => name.test(path) && part(before ?? '') !== part(after ?? ''));
}

function packageSettings(text: string): string {
  return jsonSettings(text, PACKAGE_KEYS);
}

function composerSettings(text: string): string {
  return jsonSettings(text, ['scripts']);
}

/** The text itself where it is no JSON object, so that its becoming one, or none, is a change. */
function jsonSettings(text: string, keys: readonly string[]): string {
  if (text === '') return '[]';
  try {
    const manifest: unknown = JSON.parse(text);
    if (typeof manifest !== 'object' || manifest === null) return text;
    const settings = new Map<string, unknown>(Object.entries(manifest));
    return JSON.stringify(keys.flatMap((key) => (settings.has(key) ? [[key, settings.get(key)]] : [])));
  } catch {
    return text;
  }
}

/** The sections of a TOML or INI text whose heading fits. */
function sections(text: string, heading: RegExp): string {
  return text
    .split(/^(?=\[)/m)
    .filter((section) => heading.test(section))
    .map((section) => section.trimEnd())
    .join('\n');
}

function elements(text: string, pattern: RegExp): string {
  return [...text.matchAll(pattern)].map(([element]) => element).join('\n');
}

/** The blocks in braces whose first line fits, up to the brace that closes them. */
function blocks(text: string, first: RegExp): string {
  const found: string[] = [];
  let depth = 0;
  for (const line of text.split('\n')) {
    if (depth === 0 && !first.test(line)) continue;
    found.push(line.trim());
    depth += count(line, '{') - count(line, '}');
  }
  return found.join('\n');
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

/** The rules that test or lint, and what any rule may use: variables and included files. */
function makeRules(text: string): string {
  const lines = text.split('\n');
  let kept = false;
  return lines
    .filter((line) => {
      if (/^\S/.test(line)) kept = MAKE_RULE.test(line);
      return kept && line.trim() !== '';
    })
    .join('\n');
}
