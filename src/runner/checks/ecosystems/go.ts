import { posix } from 'node:path';
import { findGoLinters } from '../lint/go-linters.ts';
import { readTreeFile } from '../tree-file.ts';
import { type Ecosystem } from './ecosystem.ts';

/** Go modules. A workspace (`go.work`) has no tests of its own: each of its modules is found by itself. */
export const go: Ecosystem = {
  name: 'go',
  manifests: /^go\.mod$/,
  registries: ['proxy.golang.org', 'sum.golang.org'],
  async find(tree, folder, files) {
    if ((await readTreeFile(tree, posix.join(folder, 'go.mod'))) === null) return null;
    const vendored = await readTreeFile(tree, posix.join(folder, 'vendor/modules.txt'));
    return {
      members: [],
      setup: vendored === null ? ['go mod download'] : [],
      checks: [
        { name: 'go test', kind: 'test', command: 'go test ./...', tool: 'go-test' },
        ...findGoLinters(files),
      ],
    };
  },
};
