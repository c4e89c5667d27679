import { type FoundInFolder } from '../ecosystems/ecosystem.ts';

/**
 * golangci-lint where a Go module configures it. It is a program of its own, which the machine must have.
 *
 * @param files those of the module's folder and below, relative to it
 */
export function findGoLinters(files: readonly string[]): FoundInFolder['checks'] {
  if (!files.some((file) => /^\.golangci\.(?:ya?ml|toml|json)$/.test(file))) return [];
  return [{ name: 'lint', kind: 'lint', command: 'golangci-lint run ./...', tool: 'golangci-lint' }];
}
