import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type Cli, openCli } from '../helpers/cli-process.ts';
import { startForge, type Forge } from '../helpers/forge/index.ts';
import { startScriptedModel, type ScriptedModel } from '../helpers/scripted-model.ts';

const SECRET = 'not-to-be-printed-4f2a';
const Report = z.object({
  ok: z.boolean(),
  findings: z.array(
    z.object({
      name: z.string(),
      level: z.enum(['ok', 'warn', 'fail']),
      said: z.string(),
      remedy: z.string().nullable(),
    }),
  ),
});

let cli: Cli;
let forge: Forge;
let model: ScriptedModel;

beforeAll(async () => {
  [cli, forge, model] = await Promise.all([openCli(), startForge(), startScriptedModel([])]);
});

afterAll(() => Promise.all([cli.clear(), forge.close(), model.stop()]));

async function doctor(env: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await cli.run(['doctor', '--json', ...args], { env });
  const report = Report.parse(JSON.parse(stdout));
  const levels = Object.fromEntries(report.findings.map(({ name, level }) => [name, level]));
  return { exitCode, levels, report, said: stdout + stderr };
}

test('a machine that is set up for everything: each thing is looked at, and no secret is printed', async () => {
  const app = forge.addApp({ webhookSecret: SECRET });
  const { exitCode, levels, said } = await doctor({
    ANTHROPIC_API_KEY: SECRET,
    ANTHROPIC_BASE_URL: model.url,
    APP_ID: String(app.appId),
    PRIVATE_KEY: app.privateKey,
    WEBHOOK_SECRET: SECRET,
    GITHUB_API_URL: forge.url,
  });

  expect(levels).toMatchObject({
    node: 'ok',
    git: 'ok',
    'data folder': 'ok',
    'models on offer': 'ok',
    'webhook secret': 'ok',
    database: 'ok',
  });
  expect(Object.keys(levels)).toEqual(
    expect.arrayContaining(['isolation', 'key of anthropic', 'GitHub App']),
  );
  expect(exitCode).toBe(Object.values(levels).includes('fail') ? 1 : 0);
  expect(said).not.toContain(SECRET);
  expect(said).not.toContain('PRIVATE KEY-----');
});

describe('what is wrong', () => {
  test('is named with what to do, and makes the exit code 1', async () => {
    const refusing = createServer((_request, response) => response.writeHead(401).end());
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
    const bound = refusing.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    const strange = forge.addApp({ webhookSecret: SECRET });
    const { exitCode, levels, report, said } = await doctor({
      OPENAI_API_KEY: SECRET,
      OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
      APP_ID: String(strange.appId + 1),
      PRIVATE_KEY: strange.privateKey,
      WEBHOOK_SECRET: SECRET,
      GITHUB_API_URL: forge.url,
      DATABASE_URL: `postgres://ptc:${SECRET}@127.0.0.1:9/ptc`,
    });
    refusing.close();

    expect(exitCode).toBe(1);
    expect(levels).toMatchObject({ 'key of openai': 'fail', 'GitHub App': 'fail', database: 'fail' });
    for (const { level, remedy } of report.findings) expect(remedy === null).toBe(level === 'ok');
    expect(said).not.toContain(SECRET);
  });

  test('needs no server: without GitHub’s settings there is a line to look at, and with no key a failure', async () => {
    const { exitCode, levels } = await doctor({}, '--offline');

    expect(exitCode).toBe(1);
    expect(levels).toMatchObject({ models: 'fail', server: 'warn' });
  });
});
