import { PtcError } from '../domain/errors.ts';
import { type Place } from '../run/ports.ts';
import { locate, orNull } from './location.ts';
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
  const path = await findTemplate(client, place);
  const data = path === null ? null : await contentOf(client, place, { path });
  return data === null || Array.isArray(data) || data.size > MAX_SIZE_BYTES ? null : textOf(data);
}

async function findTemplate(client: GitHubClient, place: Place): Promise<string | null> {
  const root = await entriesOf(client, place, place.repository.defaultBranch);
  for (const folder of TEMPLATE_FOLDERS) {
    const tree = root.find(({ type, path }) => type === 'tree' && path === folder);
    const entries = tree ? await entriesOf(client, place, tree.sha) : [];
    const template = (folder === '' ? root : entries).find(isTemplate);
    if (template) return folder === '' ? template.path : `${folder}/${template.path}`;
  }
  return null;
}

const isTemplate = ({ type, path }: { readonly type: string; readonly path: string }): boolean =>
  type === 'blob' && TEMPLATE_NAME.test(path);

/** What lies directly in a tree, by SHA or branch name: GitHub describes no way to list the root by its path. */
async function entriesOf(client: GitHubClient, place: Place, treeSha: string) {
  const answer = await orNull(client.rest.git.getTree({ ...locate(place), tree_sha: treeSha }));
  return answer?.data.tree ?? [];
}

const tooLarge = (sizeBytes: number): PtcError =>
  new PtcError({
    code: 'settings-too-large',
    message: `${SETTINGS_PATH} has ${sizeBytes} bytes; at most ${MAX_SIZE_BYTES} are read.`,
    remedy: `Shorten ${SETTINGS_PATH} on the default branch.`,
    retryable: false,
  });
