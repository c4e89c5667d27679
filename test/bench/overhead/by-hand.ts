import { execFile } from 'node:child_process';
import { createSign } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type AppHandle, type Forge } from '../../helpers/forge/index.ts';
import { MAINTAINER } from '../../helpers/world.ts';
import { samplePatch } from './sample.ts';
import { type Timeline } from './timeline.ts';

const SCRIPT = path.join(import.meta.dirname, 'by-hand.sh');

export interface ByHand {
  readonly forge: Forge;
  readonly app: AppHandle;
  readonly installation: number;
  /** owner/name */
  readonly repository: string;
  readonly issue: number;
}

/** The same work by a shell script; rejects when a step of it fails. */
export async function workByHand({ forge, app, installation, repository, issue }: ByHand): Promise<Timeline> {
  const work = await mkdtemp(path.join(tmpdir(), 'ptc-bench-hand-'));
  try {
    await writeFile(path.join(work, 'change.patch'), samplePatch());
    const env = {
      // In the order of a workspace's commands, so that both sides have the same Node and npm.
      PATH: `/usr/local/bin:/usr/bin:/bin:${path.dirname(process.execPath)}`,
      // Nothing is left of earlier work, as in a workspace: npm would find its compiled code there.
      HOME: work,
      TMPDIR: work,
      LANG: 'C.UTF-8',
      WORK: work,
      FORGE: forge.url,
      REPOSITORY: repository,
      ISSUE: String(issue),
      MAINTAINER,
      INSTALLATION: String(installation),
      APP_JWT: appToken(app),
    };
    const startedAtMs = Date.now();
    await promisify(execFile)('bash', [SCRIPT], { env, cwd: work });
    const marks = (await readFile(path.join(work, 'marks'), 'utf8')).trim().split('\n');
    return {
      startedAtMs,
      marks: marks.map((line) => {
        const [name = '', seconds] = line.split(' ');
        return { name, atMs: Number(seconds) * 1000 };
      }),
    };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** A token that acts as the App itself. */
function appToken({ appId, privateKey }: AppHandle): string {
  const nowS = Math.floor(Date.now() / 1000);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iat: nowS - 30, exp: nowS + 540, iss: appId })}`;
  return `${content}.${createSign('RSA-SHA256').update(content).sign(privateKey, 'base64url')}`;
}
