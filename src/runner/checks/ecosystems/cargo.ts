import { posix } from 'node:path';
import { findCargoLinters } from '../lint/cargo-linters.ts';
import { readTreeFile } from '../tree-file.ts';
import { type Ecosystem } from './ecosystem.ts';

/** A lock file may be large. */
const MAX_LOCK_BYTES = 50_000_000;

/** Rust packages and workspaces. */
export const cargo: Ecosystem = {
  name: 'cargo',
  manifests: /^Cargo\.toml$/,
  registries: ['index.crates.io', 'static.crates.io'],
  async find(tree, folder, files) {
    const manifest = await readTreeFile(tree, posix.join(folder, 'Cargo.toml'));
    if (manifest === null) return null;
    const lock = await readTreeFile(tree, posix.join(folder, 'Cargo.lock'), MAX_LOCK_BYTES);
    const workspace = sectionOf(manifest, 'workspace');
    return {
      members:
        workspace === null
          ? []
          : [...listOf(workspace, 'members'), ...listOf(workspace, 'exclude').map((path) => `!${path}`)],
      // Without a lock file cargo has to write one: it cannot build anything before.
      setup: [lock === null ? 'cargo fetch' : 'cargo fetch --locked'],
      checks: [
        {
          name: 'cargo test',
          kind: 'test',
          command: workspace === null ? 'cargo test' : 'cargo test --workspace',
          tool: 'cargo-test',
        },
        ...findCargoLinters(manifest, files),
      ],
    };
  },
};

/** The body of one table of a TOML text; null without it. */
function sectionOf(toml: string, name: string): string | null {
  const section = toml.split(/^(?=\s*\[)/m).find((each) => each.trimStart().startsWith(`[${name}]`));
  return section ?? null;
}

/** A list of strings in a table; enough of TOML for paths. */
function listOf(section: string, key: string): readonly string[] {
  const list = new RegExp(`^\\s*${key}\\s*=\\s*\\[([^\\]]*)\\]`, 'm').exec(section)?.[1] ?? '';
  return [...list.replaceAll(/#.*$/gm, '').matchAll(/["']([^"']+)["']/g)].map(([, path]) => path ?? '');
}
