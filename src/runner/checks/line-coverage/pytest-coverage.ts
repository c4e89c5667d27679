import { join } from 'node:path';
import { shellWord } from '../shell-words.ts';
import { type CoverageTool } from './coverage-tool.ts';
import { readLcov } from './lcov.ts';

const REPORT = 'lcov.info';

/** Without pytest-cov pytest knows none of these words, and says so at once. */
export const pytestCoverage: CoverageTool = {
  tells: /\.py$/,
  request({ folder }) {
    const report = shellWord(`--cov-report=lcov:${join(folder, REPORT)}`);
    const env = {
      PYTEST_ADDOPTS: `--cov=. ${report} --cov-fail-under=0 --continue-on-collection-errors`,
      COVERAGE_FILE: join(folder, 'data'),
      PYTHONDONTWRITEBYTECODE: '1',
    };
    return { words: [], env, files: {} };
  },
  read: (asked) => readLcov(asked, REPORT),
};
