import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BranchOrder, makeBranch } from '../../src/cli/run/make-branch.ts';
import { type ChangedFile } from '../../src/protocol/runner-result.ts';
import { gitIn, type SourceRepository, sourceRepository } from '../helpers/source-repository.ts';

let source: SourceRepository;

beforeEach(async () => {
  source = await sourceRepository({
    'keep.txt': 'kept\n',
    'gone.txt': 'gone\n',
    'folder/inner.txt': 'inner\n',
    '.gitattributes': '* text=auto eol=lf\n',
  });
});

afterEach(() => source.remove());

const file = (path: string, content: string | null, more: Partial<ChangedFile> = {}): ChangedFile => ({
  path,
  mode: '100644',
  content,
  encoding: 'utf-8',
  ...more,
});

const order = (files: readonly ChangedFile[], more: Partial<BranchOrder> = {}): BranchOrder => ({
  folder: source.path,
  baseSha: source.sha,
  name: { title: 'Größe: fix “it”!' },
  files,
  message: 'A title\n\nWhy.\n\nPTC-Run: r1\n',
  signal: new AbortController().signal,
  ...more,
});

describe('a branch of one commit', () => {
  test('holds exactly the change: bytes, modes, names, deletions, a file in the place of a folder', async () => {
    const { name, commitSha } = await makeBranch(
      order([
        file('gone.txt', null),
        file('folder/inner.txt', null),
        file('folder', 'a file now\n'),
        file('ein ümlaut, "quoted"\tund tab.txt', 'crlf\r\nstays\r\n'),
        file('run.sh', '#!/bin/sh\n', { mode: '100755' }),
        file('link', 'keep.txt', { mode: '120000' }),
        file('data.bin', Buffer.from([0, 255, 13, 10]).toString('base64'), { encoding: 'base64' }),
      ]),
    );

    expect(name).toBe('ptc/gro-e-fix-it');
    expect(await gitIn(source.path, 'rev-parse', name)).toBe(commitSha);
    expect((await gitIn(source.path, 'ls-tree', '-r', '-z', name)).split('\0').filter(Boolean)).toEqual([
      expect.stringMatching(/^100644 blob \w+\t\.gitattributes$/),
      expect.stringMatching(/^100644 blob \w+\tdata\.bin$/),
      expect.stringMatching(/^100644 blob \w+\tein ümlaut, "quoted"\tund tab\.txt$/),
      expect.stringMatching(/^100644 blob \w+\tfolder$/),
      expect.stringMatching(/^100644 blob \w+\tkeep\.txt$/),
      expect.stringMatching(/^120000 blob \w+\tlink$/),
      expect.stringMatching(/^100755 blob \w+\trun\.sh$/),
    ]);
    expect(await gitIn(source.path, 'cat-file', 'blob', `${name}:ein ümlaut, "quoted"\tund tab.txt`)).toBe(
      'crlf\r\nstays\r',
    );
    expect(await gitIn(source.path, 'cat-file', '-s', `${name}:data.bin`)).toBe('4');
    expect(await gitIn(source.path, 'log', '-1', '--format=%P %s', name)).toBe(`${source.sha} A title`);
    expect(await gitIn(source.path, 'status', '--porcelain')).toBe('');
  });

  test('is found again, and numbered when the name is taken by something else', async () => {
    const files = [file('keep.txt', 'other\n')];
    const name = { title: 'Fix' };
    const first = await makeBranch(order(files, { name }));
    const again = await makeBranch(order(files, { name }));
    const other = await makeBranch(order(files, { name, message: 'Another\n\nPTC-Run: r2\n' }));

    expect(again).toEqual(first);
    expect([first.name, other.name]).toEqual(['ptc/fix', 'ptc/fix-2']);
  });

  test('is refused under a name that is taken or none', async () => {
    const files = [file('keep.txt', 'other\n')];

    await expect(makeBranch(order(files, { name: { wanted: 'main' } }))).rejects.toMatchObject({
      code: 'branch-taken',
    });
    await expect(makeBranch(order(files, { name: { wanted: 'a..b' } }))).rejects.toMatchObject({
      code: 'branch-name-invalid',
    });
  });
});
