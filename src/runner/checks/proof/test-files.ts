const TEST_FILE_NAMES = [
  /(?:^|\/)[^/]+[._-](?:test|spec)s?\.[cm]?[jt]sx?$/,
  /(?:^|\/)(?:test|spec)s?\.[cm]?[jt]sx?$/,
  /(?:^|\/)__tests__\/.*\.[cm]?[jt]sx?$/,
  /(?:^|\/)(?:test_[^/]+|[^/]+_test|tests)\.py$/,
  /_test\.go$/,
  // Integration tests, and modules of unit tests with a file of their own.
  /(?:^|\/)tests\/[^/]+(?:\.rs|\/main\.rs)$/,
  /(?:^|\/)(?:tests|[^/]+_tests?)\.rs$/,
  /(?:^|\/)src\/(?:test|it|[a-z]+-?[tT]est)\/(?:java|kotlin|groovy)\/(?:.*\/)?(?:Test[^/]*|[^/]*(?:Tests?|TestCase|IT|Spec))\.(?:java|kt|groovy)$/,
  /(?:^|\/)(?:[^/]+_(?:spec|test)|test_[^/]+)\.rb$/,
  /(?:^|\/)[^/]*Test\.php$/,
  /(?:^|\/)[^/]*Tests?\.(?:cs|fs|vb)$/,
];

const TEST_FOLDER =
  /(?:^|\/)(?:tests?|specs?|__tests__|e2e|fixtures|__fixtures__|__mocks__|__snapshots__|testdata|testFixtures|src\/(?:it|[a-z]+-?[tT]est)|[\w.-]+\.(?:[A-Z]\w*)?Tests?)\//;

/** True for a file that by its name holds tests. */
export function isTestFile(path: string): boolean {
  return TEST_FILE_NAMES.some((pattern) => pattern.test(path));
}

/** True for test files and for what stands beside them for their use: helpers, fixtures, snapshots. */
export function isTestMaterial(path: string): boolean {
  return isTestFile(path) || TEST_FOLDER.test(path) || /(?:^|\/)conftest\.py$/.test(path);
}
