import { type FoundInFolder } from '../ecosystems/ecosystem.ts';
import { type PackageJson } from '../ecosystems/package-json.ts';
import { type PackageManager } from '../ecosystems/package-manager.ts';

/** How each package manager runs a program of the dependencies, and never one that it would have to fetch. */
const RUN: Readonly<Record<PackageManager['name'], string>> = {
  npm: 'npx --no-install',
  pnpm: 'pnpm exec',
  yarn: 'yarn run',
  bun: 'bun run',
};

interface Linter {
  readonly package: string;
  readonly configuration: RegExp;
  readonly words: string;
  readonly check: Omit<FoundInFolder['checks'][number], 'command'>;
}

/** Of several linters in a package the first is run. */
const LINTERS: readonly Linter[] = [
  {
    package: 'eslint',
    configuration: /^(?:eslint\.config\.[cm]?[jt]s|\.eslintrc(?:\.\w+)?)$/,
    words: 'eslint .',
    check: { name: 'lint', kind: 'lint', tool: 'eslint' },
  },
  {
    package: '@biomejs/biome',
    configuration: /^\.?biome\.jsonc?$/,
    words: 'biome lint .',
    check: { name: 'lint', kind: 'lint', tool: 'biome' },
  },
  {
    package: 'oxlint',
    configuration: /^(?:\.oxlintrc\.jsonc?|oxlint\.config\.ts)$/,
    words: 'oxlint',
    check: { name: 'lint', kind: 'lint', tool: 'oxlint' },
  },
  {
    package: 'typescript',
    configuration: /^tsconfig\.json$/,
    words: 'tsc --noEmit',
    check: { name: 'typecheck', kind: 'typecheck', tool: 'unknown' },
  },
];

/**
 * Linters and type checkers that a package depends on and configures, for the kinds of check that none of its
 * scripts runs.
 *
 * @param files those of the package's folder and below, relative to it
 * @param scripted checks that its scripts run
 */
export function findNodeLinters(
  manifest: PackageJson,
  manager: PackageManager['name'],
  files: readonly string[],
  scripted: FoundInFolder['checks'],
): FoundInFolder['checks'] {
  const needs = { ...manifest.dependencies, ...manifest.devDependencies };
  const found = LINTERS.filter(
    (linter) => linter.package in needs && files.some((file) => linter.configuration.test(file)),
  );
  const kinds = ['lint', 'typecheck'].filter((kind) => !scripted.some((check) => check.kind === kind));
  return kinds.flatMap((kind) => {
    const linter = found.find(({ check }) => check.kind === kind);
    return linter === undefined ? [] : [{ ...linter.check, command: `${RUN[manager]} ${linter.words}` }];
  });
}
