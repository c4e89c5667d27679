import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { PtcError } from '../../domain/errors.ts';
import { PROTOCOL_VERSION } from '../../protocol/version.ts';

/** Where a snapshot of ours has what belongs to it. */
export const TEMPLATE_FOLDER = '/opt/ptc';

/** What a snapshot says of itself in `template.json`; other fields are none of the app’s business. */
export const TemplateManifest = z.looseObject({
  protocolVersion: z.number().int(),
  /** Of its `runner.mjs`. */
  runnerSha256: z.string(),
});
export type TemplateManifest = z.infer<typeof TemplateManifest>;

/** Null for a snapshot that is none of ours, which is as good as long as it has what a runner needs. */
export function parseManifest(text: string): TemplateManifest | null {
  try {
    return TemplateManifest.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

export interface LocalRunner {
  readonly content: Buffer;
  readonly sha256: string;
}

export async function readRunner(file: string): Promise<LocalRunner> {
  const content = await readFile(file);
  return { content, sha256: createHash('sha256').update(content).digest('hex') };
}

/** True when the snapshot’s runner is the app’s own. Throws `protocol-mismatch`. */
export function hasSameRunner(manifest: TemplateManifest | null, runner: LocalRunner): boolean {
  if (manifest === null) return false;
  if (manifest.protocolVersion === PROTOCOL_VERSION) return manifest.runnerSha256 === runner.sha256;
  throw new PtcError({
    code: 'protocol-mismatch',
    message: `The snapshot speaks version ${manifest.protocolVersion} of the protocol, this app version ${PROTOCOL_VERSION}.`,
    remedy:
      'The operator has to run `ptc template create` with this version of PTC Bot and set PTC_DAYTONA_SNAPSHOT to the name it prints.',
    retryable: false,
  });
}
