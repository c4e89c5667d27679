import { type Artifact } from '../../protocol/roma.ts';

/** What a file is, by where it lies and what it holds: never by what a model says of it. */
export function classify(path: string, content: string): Pick<Artifact, 'artifact_type' | 'language'> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const language = languageOf(name, content);
  return { artifact_type: typeOf(path, name, language), language };
}

function typeOf(path: string, name: string, language: string | null): Artifact['artifact_type'] {
  if (isTest(path, name, language)) return 'test';
  if (CONFIG_NAMES.test(name) || CONFIG_EXTENSIONS.has(extensionOf(name))) return 'config';
  if (DOCUMENT_NAMES.test(name) || DOCUMENT_EXTENSIONS.has(extensionOf(name))) return 'documentation';
  if (language === null || DATA_LANGUAGES.has(language)) return 'data';
  return 'source_code';
}

const TEST_FOLDER = /(^|\/)(tests?|__tests__|specs?)\//i;
const TEST_NAME =
  /^(test_.*|.*_test|.*\.(test|spec)|.*_spec|.*[a-z0-9](Test|Tests|Spec)|conftest|tests?)\.\w+$/;

/** Data that tests read are data all the same. */
const isTest = (path: string, name: string, language: string | null): boolean =>
  language !== null &&
  !DATA_LANGUAGES.has(language) &&
  !DOCUMENT_LANGUAGES.has(language) &&
  (TEST_NAME.test(name) || TEST_FOLDER.test(path));

function languageOf(name: string, content: string): string | null {
  const byName = NAMES.find(([pattern]) => pattern.test(name))?.[1];
  return byName ?? LANGUAGES[extensionOf(name)] ?? interpreterOf(content);
}

/** The language of a script without an extension, by its first line. */
function interpreterOf(content: string): string | null {
  const [line = ''] = content.slice(0, 200).split('\n', 1);
  if (!line.startsWith('#!')) return null;
  const words = line.slice(2).trim().split(/\s+/);
  const names = words.map((word) => word.slice(word.lastIndexOf('/') + 1));
  const called = names.find((name) => name !== 'env' && !name.startsWith('-')) ?? '';
  return INTERPRETERS.find(([pattern]) => pattern.test(called))?.[1] ?? null;
}

/** In lower case and without its dot; empty for a name that only begins with one. */
function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : '';
}

const INTERPRETERS: readonly (readonly [RegExp, string])[] = [
  [/^python/, 'python'],
  [/^(node|deno|bun)$/, 'javascript'],
  [/^(sh|bash|zsh|dash|ksh)$/, 'shell'],
  [/^ruby/, 'ruby'],
  [/^perl/, 'perl'],
  [/^php/, 'php'],
];

const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^(Dockerfile|Containerfile)(\..+)?$/i, 'dockerfile'],
  [/^(GNU)?makefile$/i, 'makefile'],
  [/^(Gemfile|Rakefile)$/, 'ruby'],
  [/^go\.(mod|sum)$/, 'go-module'],
  [/^Jenkinsfile$/, 'groovy'],
  [/^CMakeLists\.txt$/, 'cmake'],
];

const LANGUAGES: Readonly<Record<string, string>> = {
  bash: 'shell',
  c: 'c',
  cc: 'cpp',
  cjs: 'javascript',
  clj: 'clojure',
  cpp: 'cpp',
  cs: 'csharp',
  css: 'css',
  csv: 'csv',
  cts: 'typescript',
  cxx: 'cpp',
  dart: 'dart',
  ex: 'elixir',
  exs: 'elixir',
  fs: 'fsharp',
  go: 'go',
  gql: 'graphql',
  gradle: 'groovy',
  graphql: 'graphql',
  groovy: 'groovy',
  h: 'c',
  hpp: 'cpp',
  hs: 'haskell',
  htm: 'html',
  html: 'html',
  java: 'java',
  jl: 'julia',
  js: 'javascript',
  json: 'json',
  jsonl: 'json',
  jsx: 'javascript',
  kt: 'kotlin',
  kts: 'kotlin',
  less: 'css',
  lua: 'lua',
  md: 'markdown',
  mdx: 'markdown',
  mjs: 'javascript',
  ml: 'ocaml',
  mts: 'typescript',
  ndjson: 'json',
  php: 'php',
  pl: 'perl',
  proto: 'protobuf',
  ps1: 'powershell',
  py: 'python',
  pyi: 'python',
  r: 'r',
  rb: 'ruby',
  rs: 'rust',
  rst: 'restructuredtext',
  sass: 'css',
  scala: 'scala',
  scss: 'css',
  sh: 'shell',
  sol: 'solidity',
  sql: 'sql',
  svelte: 'svelte',
  svg: 'svg',
  swift: 'swift',
  tf: 'terraform',
  toml: 'toml',
  ts: 'typescript',
  tsv: 'csv',
  tsx: 'typescript',
  vue: 'vue',
  xml: 'xml',
  yaml: 'yaml',
  yml: 'yaml',
  zig: 'zig',
  zsh: 'shell',
};

const DATA_LANGUAGES = new Set(['csv', 'json', 'svg', 'toml', 'xml', 'yaml']);
const DOCUMENT_LANGUAGES = new Set(['markdown', 'restructuredtext']);

const CONFIG_NAMES = new RegExp(
  [
    // Hidden files configure something: .gitignore, .env.example, .eslintrc.json.
    String.raw`^\.`,
    String.raw`^(package|package-lock|composer|tsconfig.*|jsconfig|deno|turbo|nx|renovate|angular|manifest)\.jsonc?$`,
    String.raw`\.config\.\w+$`,
    String.raw`rc\.(js|cjs|json|yml|yaml)$`,
    String.raw`^(requirements.*|constraints.*)\.(txt|in)$`,
    String.raw`^(setup\.py|Pipfile|Gemfile|Rakefile|Procfile|Jenkinsfile|CMakeLists\.txt|MANIFEST\.in|py\.typed)$`,
    String.raw`^(pom|web|app|nuget)\.(xml|config)$`,
    String.raw`^(GNU)?[Mm]akefile$`,
    String.raw`^(Dockerfile|Containerfile)(\..+)?$`,
    String.raw`^go\.(mod|sum|work)$`,
    String.raw`^(build|settings)\.gradle(\.kts)?$`,
  ].join('|'),
);
const CONFIG_EXTENSIONS = new Set([
  'cfg',
  'conf',
  'csproj',
  'editorconfig',
  'env',
  'ini',
  'lock',
  'properties',
  'sln',
  'toml',
  'yaml',
  'yml',
]);
const DOCUMENT_NAMES = /^(readme|license|licence|copying|notice|changelog|authors|contributing)(\.|$)/i;
const DOCUMENT_EXTENSIONS = new Set(['adoc', 'md', 'mdx', 'rst', 'txt']);
