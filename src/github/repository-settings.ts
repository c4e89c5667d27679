import { PtcError } from '../domain/errors.ts';
import { type Place } from '../run/ports.ts';
import { contentOf, textOf } from './file.ts';
import { type GitHubClient } from './octokit.ts';

const SETTINGS_PATH = '.github/ptc.yml';
const MAX_SIZE_BYTES = 64 * 1024;

/** Folders GitHub looks for a pull request template in, in its order. */
const TEMPLATE_FOLDERS = ['.github', '', 'docs'] as const;
const TEMPLATE_NAME = /^pull_request_template(\.md|\.txt)?$/i;

/** Text of `.github/ptc.yml` on the default branch, null without one; over 64 KiB is `settings-too-large`. */
export async function settingsText(client: GitHubClient, place: Place): Promise<string | null> {
  const data = await contentOf(client, place, { path: SETTINGS_PATH });
  if (data === null || Array.isArray(data)) return null;
  if (data.size > MAX_SIZE_BYTES) throw tooLarge(data.size);
  return textOf(data);
}

/** The template GitHub would offer on the default branch, null without one or when it is over 64 KiB. */
export async function pullRequestTemplate(client: GitHubClient, place: Place): Promise<string | null> {
  for (const folder of TEMPLATE_FOLDERS) {
    const entries = await contentOf(client, place, { path: folder });
    const template = Array.isArray(entries)
      ? entries.find(({ name, size }) => TEMPLATE_NAME.test(name) && size <= MAX_SIZE_BYTES)
      : undefined;
    if (template === undefined) continue;
    const data = await contentOf(client, place, { path: template.path });
    if (data !== null && !Array.isArray(data)) return textOf(data);
  }
  return null;
}

const tooLarge = (sizeBytes: number): PtcError =>
  new PtcError({
    code: 'settings-too-large',
    message: `${SETTINGS_PATH} has ${sizeBytes} bytes; at most ${MAX_SIZE_BYTES} are read.`,
    remedy: `Shorten ${SETTINGS_PATH} on the default branch.`,
    retryable: false,
  });
