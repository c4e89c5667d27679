import { execFileSync, type ExecFileSyncOptions } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Files } from './patch-case.ts';
import { parseGitDiff, type RawFile } from './raw-diff.ts';

/** Two published versions of one package and git's own diff between them. */
export interface VersionPair {
  readonly name: string;
  readonly before: Files;
  readonly after: Files;
  readonly diff: readonly RawFile[];
}

/** Code, markup, styles and prose in several styles of indentation. */
export const PACKAGES = [
  'express@4.17.3:4.18.2',
  'commander@9.4.0:10.0.0',
  'semver@7.3.5:7.5.0',
  'axios@1.2.0:1.3.0',
  'ws@8.5.0:8.13.0',
  'marked@4.0.0:4.2.0',
  'zod@3.20.0:3.21.0',
  'immer@9.0.6:9.0.21',
  'bootstrap@5.2.0:5.2.3',
  'qs@6.10.0:6.11.0',
  'rxjs@7.5.0:7.8.0',
  'yargs@17.3.0:17.7.0',
] as const;

/** The registry could not be asked. */
export class PackagesUnavailable extends Error {}

const FOLDER = join(tmpdir(), 'ptc-bench-patch-packages');
const FETCH_TIMEOUT_MS = 60_000;
const MAX_FILE_BYTES = 120_000;
const MAX_LINE_CHARS = 400;

/** Fetches both versions of each `name@before:after` (once; they stay in the temp folder) and compares them. */
export function versionPairs(specs: readonly string[]): readonly VersionPair[] {
  return specs.map((spec) => {
    const found = /^(@?[^@]+)@([^:]+):(.+)$/.exec(spec);
    if (found === null) throw new PackagesUnavailable(`"${spec}" is not name@before:after`);
    const [, name = '', before = '', after = ''] = found;
    return comparePair(name, unpacked(name, before), unpacked(name, after));
  });
}

function unpacked(name: string, version: string): string {
  const folder = join(FOLDER, `${name.replace('/', '__')}-${version}`);
  if (existsSync(folder)) return folder;
  mkdirSync(FOLDER, { recursive: true });
  const work = mkdtempSync(join(FOLDER, 'fetch-'));
  try {
    const options: ExecFileSyncOptions = { cwd: work, timeout: FETCH_TIMEOUT_MS, stdio: 'pipe' };
    execFileSync('npm', ['pack', '--silent', `${name}@${version}`], options);
    const [tarball] = readdirSync(work);
    if (tarball === undefined) throw new Error('npm pack wrote nothing');
    execFileSync('tar', ['-xzf', tarball], options);
    renameSync(join(work, 'package'), folder);
  } catch (error) {
    throw new PackagesUnavailable(`${name}@${version} could not be fetched with npm pack.`, { cause: error });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}

function comparePair(name: string, before: string, after: string): VersionPair {
  const work = mkdtempSync(join(FOLDER, 'compare-'));
  try {
    execFileSync('cp', ['-r', before, join(work, 'a')]);
    execFileSync('cp', ['-r', after, join(work, 'b')]);
    const diff = parseGitDiff(gitDiff(work));
    return { name, before: textFiles(before), after: textFiles(after), diff };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function gitDiff(cwd: string): string {
  const args = ['diff', '--no-index', '--no-prefix', '--no-renames', '--no-color', 'a', 'b'];
  try {
    return execFileSync('git', args, {
      cwd,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    // Exit code 1 says that they differ.
    if (error instanceof Error && 'stdout' in error && typeof error.stdout === 'string') return error.stdout;
    throw error;
  }
}

function textFiles(folder: string): Files {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const full = join(entry.parentPath, entry.name);
    if (!entry.isFile() || statSync(full).size > MAX_FILE_BYTES) continue;
    const bytes = readFileSync(full);
    const text = bytes.toString();
    const isText = !bytes.includes(0) && Buffer.from(text).equals(bytes);
    if (isText && !text.includes('\r') && text.split('\n').every((line) => line.length <= MAX_LINE_CHARS)) {
      files[relative(folder, full)] = text;
    }
  }
  return files;
}
