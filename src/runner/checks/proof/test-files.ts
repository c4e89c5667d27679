const TEST_FILE_NAMES = [
  /(?:^|\/)[^/]+[._-](?:test|spec)s?\.[cm]?[jt]sx?$/,
  /(?:^|\/)(?:test|spec)s?\.[cm]?[jt]sx?$/,
  /(?:^|\/)__tests__\/.*\.[cm]?[jt]sx?$/,
  /(?:^|\/)(?:test_[^/]+|[^/]+_test|tests)\.py$/,
];

const TEST_FOLDER =
  /(?:^|\/)(?:tests?|specs?|__tests__|e2e|fixtures|__fixtures__|__mocks__|__snapshots__|testdata)\//;

/** True for a file that by its name holds tests. */
export function isTestFile(path: string): boolean {
  return TEST_FILE_NAMES.some((pattern) => pattern.test(path));
}

/** True for test files and for what stands beside them for their use: helpers, fixtures, snapshots. */
export function isTestMaterial(path: string): boolean {
  return isTestFile(path) || TEST_FOLDER.test(path) || /(?:^|\/)conftest\.py$/.test(path);
}
