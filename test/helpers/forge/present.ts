/** Store records as GitHub shows them: users, repositories, Apps. */
import { type JsonObject } from './contract-schema.ts';
import { type App, type Installation, type Repository, type Store, type User, fullName } from './store.ts';

export const nodeId = (prefix: string, id: number): string => `${prefix}_${id}`;

export function presentUser({ url }: Store, user: User): JsonObject {
  const self = `${url}/users/${encodeURIComponent(user.login)}`;
  return {
    login: user.login,
    id: user.id,
    node_id: nodeId('U', user.id),
    avatar_url: `${url}/avatars/${user.id}`,
    gravatar_id: '',
    url: self,
    html_url: user.type === 'Bot' ? `${url}/apps/${user.login.replace('[bot]', '')}` : `${url}/${user.login}`,
    followers_url: `${self}/followers`,
    following_url: `${self}/following{/other_user}`,
    gists_url: `${self}/gists{/gist_id}`,
    starred_url: `${self}/starred{/owner}{/repo}`,
    subscriptions_url: `${self}/subscriptions`,
    organizations_url: `${self}/orgs`,
    repos_url: `${self}/repos`,
    events_url: `${self}/events{/privacy}`,
    received_events_url: `${self}/received_events`,
    type: user.type,
    site_admin: false,
  };
}

/** `[name]_url` of a repository: what follows its own address. */
const REPOSITORY_URLS: Readonly<Record<string, string>> = {
  archive: '/{archive_format}{/ref}',
  assignees: '/assignees{/user}',
  blobs: '/git/blobs{/sha}',
  branches: '/branches{/branch}',
  collaborators: '/collaborators{/collaborator}',
  comments: '/comments{/number}',
  commits: '/commits{/sha}',
  compare: '/compare/{base}...{head}',
  contents: '/contents/{+path}',
  contributors: '/contributors',
  deployments: '/deployments',
  downloads: '/downloads',
  events: '/events',
  forks: '/forks',
  git_commits: '/git/commits{/sha}',
  git_refs: '/git/refs{/sha}',
  git_tags: '/git/tags{/sha}',
  hooks: '/hooks',
  issue_comment: '/issues/comments{/number}',
  issue_events: '/issues/events{/number}',
  issues: '/issues{/number}',
  keys: '/keys{/key_id}',
  labels: '/labels{/name}',
  languages: '/languages',
  merges: '/merges',
  milestones: '/milestones{/number}',
  notifications: '/notifications{?since,all,participating}',
  pulls: '/pulls{/number}',
  releases: '/releases{/id}',
  stargazers: '/stargazers',
  statuses: '/statuses/{sha}',
  subscribers: '/subscribers',
  subscription: '/subscription',
  tags: '/tags',
  teams: '/teams',
  trees: '/git/trees{/sha}',
};

const openIssues = (repository: Repository): number =>
  [...repository.issues.values()].filter(({ state }) => state === 'open').length;

export const apiUrl = (store: Store, repository: Repository): string =>
  `${store.url}/repos/${fullName(repository)}`;

export const htmlUrl = (store: Store, repository: Repository): string =>
  `${store.url}/${fullName(repository)}`;

export function presentRepository(store: Store, repository: Repository): JsonObject {
  const [api, html] = [apiUrl(store, repository), htmlUrl(store, repository)];
  const forks = [...store.repositories.values()].filter(({ parent }) => parent === repository).length;
  const open = openIssues(repository);
  return {
    id: repository.id,
    node_id: nodeId('R', repository.id),
    name: repository.name,
    full_name: fullName(repository),
    private: repository.isPrivate,
    visibility: repository.isPrivate ? 'private' : 'public',
    owner: presentUser(store, repository.owner),
    html_url: html,
    description: null,
    fork: repository.parent !== undefined,
    url: api,
    ...Object.fromEntries(Object.entries(REPOSITORY_URLS).map(([name, path]) => [`${name}_url`, api + path])),
    git_url: `${html.replace(/^http/, 'git')}.git`,
    ssh_url: `git@127.0.0.1:${fullName(repository)}.git`,
    clone_url: `${html}.git`,
    svn_url: html,
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    created_at: repository.createdAt,
    updated_at: repository.pushedAt,
    pushed_at: repository.pushedAt,
    size: 0,
    stargazers_count: 0,
    watchers_count: 0,
    forks_count: forks,
    open_issues_count: open,
    watchers: 0,
    forks,
    open_issues: open,
    default_branch: repository.defaultBranch,
    has_issues: true,
    has_projects: true,
    has_downloads: true,
    has_wiki: true,
    has_pages: false,
    has_discussions: false,
    archived: repository.isArchived,
    disabled: false,
    allow_forking: true,
    is_template: false,
    web_commit_signoff_required: false,
    topics: [],
    custom_properties: {},
  };
}

export function presentApp(store: Store, app: App): JsonObject {
  return {
    id: app.id,
    slug: app.slug,
    node_id: nodeId('A', app.id),
    owner: presentUser(store, app.owner),
    name: app.slug,
    description: '',
    external_url: store.url,
    html_url: `${store.url}/apps/${app.slug}`,
    created_at: app.createdAt,
    updated_at: app.createdAt,
    permissions: app.permissions,
    events: app.events,
  };
}

export function presentInstallation(store: Store, installation: Installation): JsonObject {
  const self = `${store.url}/app/installations/${installation.id}`;
  return {
    id: installation.id,
    account: presentUser(store, installation.account),
    repository_selection: 'all',
    access_tokens_url: `${self}/access_tokens`,
    repositories_url: `${store.url}/installation/repositories`,
    html_url: `${store.url}/settings/installations/${installation.id}`,
    app_id: installation.app.id,
    app_slug: installation.app.slug,
    target_id: installation.account.id,
    target_type: installation.account.type,
    permissions: installation.app.permissions,
    events: installation.app.events,
    created_at: installation.createdAt,
    updated_at: installation.createdAt,
    single_file_name: null,
    suspended_by: null,
    suspended_at: null,
  };
}
