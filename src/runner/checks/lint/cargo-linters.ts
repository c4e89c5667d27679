import { type FoundInFolder } from '../ecosystems/ecosystem.ts';

/**
 * Clippy where a Rust package or workspace configures it. Its warnings are what it is there
 * for: they fail it. It goes on after the first package that fails, so that it always finds the same.
 *
 * @param cargoToml the text of the manifest
 * @param files those of the package's folder and below, relative to it
 */
export function findCargoLinters(cargoToml: string, files: readonly string[]): FoundInFolder['checks'] {
  const configured =
    files.some((file) => /^\.?clippy\.toml$/.test(file)) ||
    /^\[(?:workspace\.)?lints\.clippy[.\]]|^\[(?:workspace\.)?lints\]/m.test(cargoToml);
  if (!configured) return [];
  const command = 'cargo clippy --all-targets --keep-going -- -D warnings';
  return [{ name: 'clippy', kind: 'lint', command, tool: 'unknown' }];
}
