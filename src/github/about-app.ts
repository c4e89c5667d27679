import { type GitHubClient } from './octokit.ts';

export interface AboutApp {
  readonly name: string;
  readonly permissions: Readonly<Record<string, string>>;
  readonly events: readonly string[];
}

/** What GitHub says about the App whose key signs the question. Rejects as GitHub does. */
export async function aboutApp(app: GitHubClient): Promise<AboutApp> {
  const { data } = await app.rest.apps.getAuthenticated();
  if (!data) throw new Error('GitHub answered without the App');
  const permissions = Object.entries(data.permissions).flatMap(([name, level]) =>
    typeof level === 'string' ? [[name, level] as const] : [],
  );
  return { name: data.name, permissions: Object.fromEntries(permissions), events: data.events };
}
