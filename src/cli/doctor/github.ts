import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { type Config } from '../../config.ts';
import { type AboutApp, aboutApp } from '../../github/about-app.ts';
import { createGitHubApp } from '../../github/app.ts';
import { plainLine } from '../terminal.ts';
import { SILENT } from '../workspaces.ts';
import { fail, type Finding, ok, warn } from './finding.ts';

const NAME = 'GitHub App';
const MANIFEST = path.join(import.meta.dirname, '..', '..', '..', 'app.yml');
const Manifest = z.object({
  default_permissions: z.record(z.string(), z.string()),
  default_events: z.array(z.string()),
});
const LEVELS = ['none', 'read', 'write', 'admin'];

/** Does GitHub know the App, and has it what app.yml asks for? */
export async function gitHubFindings(config: Config, isOffline: boolean): Promise<readonly Finding[]> {
  const secret = ok('webhook secret', 'set');
  if (isOffline) return [secret, ok(NAME, `${config.APP_ID} (not asked: --offline)`)];
  const app = await createGitHubApp({
    appId: config.APP_ID,
    privateKey: config.PRIVATE_KEY,
    webhookSecret: config.WEBHOOK_SECRET,
    baseUrl: config.GITHUB_API_URL,
    writeSpacing: false,
    log: SILENT,
  });
  try {
    return [secret, ...(await compare(await aboutApp(app.appOctokit)))];
  } catch (error) {
    return [secret, refusal(config, error)];
  } finally {
    app.close();
  }
}

async function compare({ name, permissions, events }: AboutApp): Promise<readonly Finding[]> {
  const wanted = Manifest.parse(parse(await readFile(MANIFEST, 'utf8')));
  const missing = Object.entries(wanted.default_permissions).filter(
    ([permission, level]) => LEVELS.indexOf(permissions[permission] ?? 'none') < LEVELS.indexOf(level),
  );
  const unheard = wanted.default_events.filter((event) => !events.includes(event));
  const where = 'On the App’s page: “Permissions & events”; then accept the change on each installation.';
  return [
    missing.length === 0
      ? ok(NAME, `“${plainLine(name)}”, permissions as in app.yml`)
      : fail(
          NAME,
          `“${plainLine(name)}” lacks ${missing.map(([permission, level]) => `${permission}: ${level}`).join(', ')}`,
          where,
        ),
    unheard.length === 0
      ? ok('GitHub events', 'as in app.yml')
      : warn('GitHub events', `${unheard.join(', ')} are not subscribed to`, where),
  ];
}

function refusal(config: Config, error: unknown): Finding {
  const status = error instanceof Error && 'status' in error ? Number(error.status) : null;
  if (status === 401 || status === 404) {
    return fail(
      NAME,
      `GitHub does not know App ${config.APP_ID} with this key (${status})`,
      'Check APP_ID and PRIVATE_KEY; make a new key on the App’s page.',
    );
  }
  if (status !== null && Number.isFinite(status))
    return fail(
      NAME,
      `${config.GITHUB_API_URL} answered ${status}`,
      'Check GITHUB_API_URL, or try again later.',
    );
  return fail(
    NAME,
    `${config.GITHUB_API_URL} could not be asked with this key`,
    'Check that PRIVATE_KEY is the whole PEM, and the network; --offline leaves this out.',
  );
}
