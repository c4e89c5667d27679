import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Asked, type CoverageTool } from './coverage-tool.ts';
import { readLcov } from './lcov.ts';

const SCRIPTS = /(?<!\.d)\.(?:[cm]?[jt]sx?|vue|svelte)$/;

/** Below the report folder, because tools empty the folder for their reports. */
const OUTPUT = 'coverage';
const REPORT = `${OUTPUT}/lcov.info`;

/** Vitest measures with a package of its own, which cannot be installed any more. */
export const vitestCoverage: CoverageTool = {
  tells: SCRIPTS,
  request({ folder, tree, place, files }) {
    const provider = ['v8', 'istanbul'].find((name) => isInstalled(`@vitest/coverage-${name}`, place, tree));
    if (provider === undefined) return null;
    const words = [
      '--coverage.enabled=true',
      `--coverage.provider=${provider}`,
      '--coverage.reporter=lcovonly',
      `--coverage.reportsDirectory=${join(folder, OUTPUT)}`,
      '--coverage.reportOnFailure=true',
      ...['lines', 'functions', 'branches', 'statements'].map((what) => `--coverage.thresholds.${what}=0`),
      ...patterns(files).map((pattern) => `--coverage.include=${pattern}`),
    ];
    return { words, env: {}, files: {} };
  },
  read: (asked) => readLcov(asked, REPORT),
};

export const jestCoverage: CoverageTool = {
  tells: SCRIPTS,
  request({ folder, files }) {
    const words = [
      '--coverage',
      '--coverageReporters=lcovonly',
      `--coverageDirectory=${join(folder, OUTPUT)}`,
      '--coverageThreshold={}',
      ...patterns(files).map((pattern) => `--collectCoverageFrom=${pattern}`),
    ];
    return { words, env: {}, files: {} };
  },
  read: (asked) => readLcov(asked, REPORT),
};

/** Named, a file that no test loads is told of too. */
function patterns(files: Asked['files']): readonly string[] {
  return [...files.keys()].map((path) => path.replace(/[\\*?[\]{}()!+@|]/g, '\\$&'));
}

/** Where Node looks for packages, up to the root of the tree. */
function isInstalled(name: string, place: string, tree: string): boolean {
  const inPlace = existsSync(join(place, 'node_modules', name, 'package.json'));
  return inPlace || (place !== tree && place.startsWith(tree) && isInstalled(name, dirname(place), tree));
}
