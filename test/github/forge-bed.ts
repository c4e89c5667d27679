import { createServer } from 'node:http';
import { PtcError } from '../../src/domain/errors.ts';
import { type GitHubApp, type GitHubAppOptions, createGitHubApp } from '../../src/github/app.ts';
import { createForge } from '../../src/github/forge.ts';
import { type NodeMiddleware } from '../../src/github/webhook.ts';
import { type Forge, type Place } from '../../src/run/ports.ts';
import {
  type AppHandle,
  type Files,
  type Forge as FakeGitHub,
  type NewRepositoryOptions,
  type RecordedRequest,
  type RepositoryHandle,
  startForge,
} from '../helpers/forge/index.ts';

export const WEBHOOK_SECRET = 'a secret of the tests';
const OWNER = 'acme';

interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** The real forge port, connected to the test bed's GitHub, with pauses of a millisecond. */
export interface ForgeBed {
  readonly github: FakeGitHub;
  readonly app: AppHandle;
  readonly connection: GitHubApp;
  readonly forge: Forge;
  readonly log: readonly LogLine[];
  /** A fresh repository of the account the App is installed on. */
  repository(
    files?: Files,
    options?: Partial<NewRepositoryOptions>,
  ): Promise<{ place: Place; repo: RepositoryHandle }>;
  /** A connection of its own that remembers nothing, like another process's; of our App unless another is given. */
  connect(app?: AppHandle): Promise<Forge>;
  /** The App's writes to the repository, by GitHub's names of them: `issues/create-comment`. */
  writesTo(place: Place): readonly string[];
  close(): Promise<void>;
}

export async function openForgeBed(changes: Partial<GitHubAppOptions> = {}): Promise<ForgeBed> {
  const github = await startForge();
  const app = github.addApp({ webhookSecret: WEBHOOK_SECRET });
  const installationId = github.install(app, OWNER);
  const log: LogLine[] = [];
  const to = (level: LogLine['level']) => (fields: LogLine['fields'], message: string) =>
    void log.push({ level, fields, message });
  const connectAs = ({ appId, privateKey }: AppHandle) =>
    createGitHubApp({
      appId,
      privateKey,
      webhookSecret: WEBHOOK_SECRET,
      baseUrl: github.url,
      writeSpacing: false,
      log: { info: to('info'), warn: to('warn'), error: to('error') },
      ...changes,
    });
  const connection = await connectAs(app);
  let repositories = 0;

  return {
    github,
    app,
    connection,
    forge: createForge({ ...connection, firstPauseMs: 1 }),
    log,
    async repository(files = { 'README.md': 'Hello\n' }, options = {}) {
      repositories += 1;
      const name = `repo-${repositories}`;
      const repo = await github.addRepository({ owner: OWNER, name, files, ...options });
      return { repo, place: placeOf(repo, installationId) };
    },
    connect: async (other = app) => createForge({ ...(await connectAs(other)), firstPauseMs: 1 }),
    writesTo: ({ repository }) =>
      github.requests
        .filter((request) => isWriteTo(request, repository.name))
        .map(({ operationId }) => operationId ?? '?'),
    async close() {
      connection.close();
      await github.close();
    },
  };
}

const isWriteTo = ({ method, path, auth }: RecordedRequest, name: string): boolean =>
  auth === 'installation' && method !== 'GET' && path.startsWith(`/repos/${OWNER}/${name}/`);

export const placeOf = (repo: RepositoryHandle, installationId: number): Place => {
  const [owner = '', name = ''] = repo.fullName.split('/');
  const { id, defaultBranch, cloneUrl } = repo;
  return { installationId, repository: { id, owner, name, defaultBranch, cloneUrl, private: false } };
};

/** The PtcError that `promise` rejects with. */
export async function problemOf(promise: Promise<unknown>): Promise<PtcError> {
  const thrown: unknown = await promise.then(
    () => 'nothing was thrown',
    (error: unknown) => error,
  );
  if (thrown instanceof PtcError) return thrown;
  throw new Error(`not a PtcError: ${String(thrown)}`);
}

/** The middleware on a free port of loopback; what it does not want gets a 404 that says `not ours`. */
export async function serve(middleware: NodeMiddleware): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
    void middleware(request, response, () => response.writeHead(404).end('not ours'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
