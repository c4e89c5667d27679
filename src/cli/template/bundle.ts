import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { PROTOCOL_VERSION } from '../../protocol/version.ts';
import { RUNNER_FILE } from '../../run-settings.ts';
import { assertRunner } from '../run/assert-runner.ts';

const SOURCE_FOLDER = path.join(import.meta.dirname, '..', '..', '..', 'daytona-template');
const BUILT_FOLDER = path.dirname(RUNNER_FILE);

/** What the image is made of; two templates with the same name have the same bytes in all of these. */
const SOURCES = ['Dockerfile', 'execution.sh', 'template.json'] as const;
const BUILT = ['runner.mjs', 'standalone.mjs'] as const;

const Resources = z
  .object({
    cpu: z.number().int().positive(),
    /** GiB */
    memory: z.number().int().positive(),
    /** GiB */
    disk: z.number().int().positive(),
  })
  .readonly();
const Description = z.looseObject({ description: z.string(), resources: Resources });

/** A folder from which an image of the template can be built, with nothing else. */
export interface TemplateBundle {
  /** `ptc-<protocol version>-<hash of its content>` */
  readonly name: string;
  readonly folder: string;
  readonly resources: z.infer<typeof Resources>;
}

/**
 * Writes the template's bundle, in place of what is in the folder.
 * Rejects with `runner-missing` where the runner has not been built.
 */
export async function writeBundle(folder: string): Promise<TemplateBundle> {
  await assertRunner();
  const files = await Promise.all([
    ...SOURCES.map((name) => readInto(SOURCE_FOLDER, name)),
    ...BUILT.map((name) => readInto(BUILT_FOLDER, name)),
  ]);
  const name = `ptc-${PROTOCOL_VERSION}-${hashOf(files).slice(0, 12)}`;
  const content = new Map(files.map((file) => [file.name, file.content]));
  const description = Description.parse(JSON.parse(String(content.get('template.json'))));
  const manifest = {
    name,
    ...description,
    protocolVersion: PROTOCOL_VERSION,
    runnerSha256: sha256(content.get('runner.mjs') ?? ''),
  };
  content.set('template.json', Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [file, bytes] of content) await writeFile(path.join(folder, file), bytes);
  await cp(path.join(SOURCE_FOLDER, 'README.md'), path.join(folder, 'README.md'));
  return { name, folder, resources: description.resources };
}

interface BundledFile {
  readonly name: string;
  readonly content: Buffer;
}

const readInto = async (folder: string, name: string): Promise<BundledFile> => ({
  name,
  content: await readFile(path.join(folder, name)),
});

const hashOf = (files: readonly BundledFile[]): string =>
  sha256(JSON.stringify(files.map(({ name, content }) => [name, sha256(content)])));

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
