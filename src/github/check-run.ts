import { type CheckRunDraft, type Place } from '../run/ports.ts';
import { locate } from './location.ts';
import { type GitHubClient } from './octokit.ts';
import { requireLength } from './text-limits.ts';

const CHECK_NAME = 'PTC Bot';
const MAX_SUMMARY = 65_535;

/**
 * The finished check run with this external id on the commit, created or brought up to date; one that says the
 * same already is not written again. Resolves to its id.
 */
export async function putCheckRun(
  client: GitHubClient,
  appId: number,
  place: Place,
  draft: CheckRunDraft,
): Promise<number> {
  requireLength('summary of the check run', draft.summary, MAX_SUMMARY);
  const { data } = await client.rest.checks.listForRef({
    ...locate(place),
    ref: draft.headSha,
    app_id: appId,
    check_name: CHECK_NAME,
    filter: 'all',
    per_page: 100,
  });
  const found = data.check_runs.find((run) => run.external_id === draft.externalId);
  if (!found) {
    const created = await client.rest.checks.create({
      ...locate(place),
      name: CHECK_NAME,
      head_sha: draft.headSha,
      external_id: draft.externalId,
      ...fieldsOf(draft),
    });
    return created.data.id;
  }
  if (!saysTheSame(found, draft)) {
    await client.rest.checks.update({ ...locate(place), check_run_id: found.id, ...fieldsOf(draft) });
  }
  return found.id;
}

const fieldsOf = ({ conclusion, title, summary, detailsUrl }: CheckRunDraft) => ({
  status: 'completed' as const,
  conclusion,
  output: { title, summary },
  ...(detailsUrl === null ? {} : { details_url: detailsUrl }),
});

interface FoundCheckRun {
  readonly conclusion: string | null;
  readonly details_url: string | null;
  readonly output: { readonly title: string | null; readonly summary: string | null };
}

/** Without an address of ours GitHub fills in one of its own. */
const saysTheSame = ({ conclusion, details_url, output }: FoundCheckRun, draft: CheckRunDraft): boolean =>
  conclusion === draft.conclusion &&
  output.title === draft.title &&
  output.summary === draft.summary &&
  (draft.detailsUrl === null || details_url === draft.detailsUrl);
