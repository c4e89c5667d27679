/**
 * Prunes GitHub's own OpenAPI description to the operations and webhooks that this project and its test
 * forge speak, and writes test/fixtures/github-openapi.json. To renew it:
 *
 *   npm pack @octokit/openapi && tar xzf octokit-openapi-*.tgz package/generated/api.github.com.json
 *   node scripts/prune-github-openapi.ts package/generated/api.github.com.json
 */
import { readFileSync, writeFileSync } from 'node:fs';

type Json = null | boolean | number | string | readonly Json[] | JsonObject;
interface JsonObject {
  readonly [key: string]: Json;
}

const REPO = '/repos/{owner}/{repo}';
const OPERATIONS: Readonly<Record<string, readonly string[]>> = {
  '/app': ['get'],
  '/app/hook/deliveries': ['get'],
  '/app/hook/deliveries/{delivery_id}': ['get'],
  '/app/hook/deliveries/{delivery_id}/attempts': ['post'],
  '/app/installations': ['get'],
  '/app/installations/{installation_id}': ['get'],
  '/app/installations/{installation_id}/access_tokens': ['post'],
  '/installation/repositories': ['get'],
  '/rate_limit': ['get'],
  '/user': ['get'],
  '/users/{username}': ['get'],
  [REPO]: ['get'],
  [`${REPO}/branches/{branch}`]: ['get'],
  [`${REPO}/check-runs`]: ['post'],
  [`${REPO}/check-runs/{check_run_id}`]: ['get', 'patch'],
  [`${REPO}/collaborators/{username}/permission`]: ['get'],
  [`${REPO}/commits/{ref}`]: ['get'],
  [`${REPO}/commits/{ref}/check-runs`]: ['get'],
  [`${REPO}/compare/{basehead}`]: ['get'],
  [`${REPO}/contents/{path}`]: ['get'],
  [`${REPO}/git/blobs`]: ['post'],
  [`${REPO}/git/blobs/{file_sha}`]: ['get'],
  [`${REPO}/git/commits`]: ['post'],
  [`${REPO}/git/commits/{commit_sha}`]: ['get'],
  [`${REPO}/git/matching-refs/{ref}`]: ['get'],
  [`${REPO}/git/ref/{ref}`]: ['get'],
  [`${REPO}/git/refs`]: ['post'],
  [`${REPO}/git/refs/{ref}`]: ['patch', 'delete'],
  [`${REPO}/git/trees`]: ['post'],
  [`${REPO}/git/trees/{tree_sha}`]: ['get'],
  [`${REPO}/installation`]: ['get'],
  [`${REPO}/issues`]: ['get', 'post'],
  [`${REPO}/issues/comments/{comment_id}`]: ['get', 'patch', 'delete'],
  [`${REPO}/issues/comments/{comment_id}/reactions`]: ['get', 'post'],
  [`${REPO}/issues/{issue_number}`]: ['get', 'patch'],
  [`${REPO}/issues/{issue_number}/comments`]: ['get', 'post'],
  [`${REPO}/issues/{issue_number}/labels`]: ['get', 'post'],
  [`${REPO}/issues/{issue_number}/labels/{name}`]: ['delete'],
  [`${REPO}/issues/{issue_number}/reactions`]: ['get', 'post'],
  [`${REPO}/pulls`]: ['get', 'post'],
  [`${REPO}/pulls/{pull_number}`]: ['get', 'patch'],
  [`${REPO}/pulls/{pull_number}/files`]: ['get'],
};
const WEBHOOKS = [
  'issue-comment-created',
  'issue-comment-deleted',
  'issue-comment-edited',
  'issues-closed',
  'issues-edited',
  'issues-labeled',
  'issues-opened',
  'issues-reopened',
  'issues-unlabeled',
  'pull-request-closed',
  'pull-request-converted-to-draft',
  'pull-request-edited',
  'pull-request-labeled',
  'pull-request-opened',
  'pull-request-ready-for-review',
  'pull-request-reopened',
  'pull-request-synchronize',
  'pull-request-unlabeled',
];

/**
 * Where the description is wrong about GitHub. An account is a user or an enterprise, as `installation` says; the
 * copy of that schema in this list demands that it be both.
 */
const CORRECTED_RESPONSES: Readonly<Record<string, Json>> = {
  'apps/list-installations': { type: 'array', items: { $ref: '#/components/schemas/installation' } },
};

/** Keywords that say nothing to a validator. */
const PROSE = new Set(['description', 'summary', 'example', 'examples', 'title', 'tags', 'default']);
/** Keywords whose value maps free names to schemas: those names are data, never prose. */
const NAMED = new Set(['properties', 'patternProperties']);

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function strip(value: Json, namesAreData = false): Json {
  if (Array.isArray(value)) return value.map((item: Json) => strip(item));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(
        ([key]) => namesAreData || (!PROSE.has(key) && (!key.startsWith('x-') || key === 'x-multi-segment')),
      )
      .map(([key, child]) => [key, key === 'enum' ? child : strip(child, !namesAreData && NAMED.has(key))]),
  );
}

function jsonContentOnly(message: Json | undefined): JsonObject {
  if (!isObject(message)) return {};
  if (typeof message['$ref'] === 'string') return message;
  const content = isObject(message['content']) ? message['content'] : {};
  const json = Object.entries(content).find(([type]) => /\bjson$/.test(type))?.[1];
  return isObject(json)
    ? {
        ...(message['required'] === true ? { required: true } : {}),
        content: { 'application/json': { schema: json['schema'] ?? {} } },
      }
    : {};
}

function pruneOperation(operation: Json): JsonObject {
  if (!isObject(operation)) throw new Error('the description has an operation that is no object');
  const docs = isObject(operation['externalDocs']) ? operation['externalDocs']['url'] : undefined;
  const { operationId } = operation;
  const corrected = typeof operationId === 'string' ? CORRECTED_RESPONSES[operationId] : undefined;
  const responses =
    corrected === undefined
      ? operation['responses']
      : { '200': { content: { 'application/json': { schema: corrected } } } };
  return {
    operationId: operationId ?? '',
    ...(docs === undefined ? {} : { externalDocs: { url: docs } }),
    ...(operation['parameters'] ? { parameters: strip(operation['parameters']) } : {}),
    ...(operation['requestBody'] ? { requestBody: strip(jsonContentOnly(operation['requestBody'])) } : {}),
    responses: Object.fromEntries(
      Object.entries(isObject(responses) ? responses : {}).map(([status, response]) => [
        status,
        strip(jsonContentOnly(response)),
      ]),
    ),
  };
}

function refsIn(value: Json): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item: Json) => refsIn(item));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    key === '$ref' && typeof child === 'string' ? [child] : refsIn(child),
  );
}

function at(root: Json, path: readonly string[]): Json {
  const [key, ...rest] = path;
  if (key === undefined) return root;
  const child = isObject(root) ? root[key] : undefined;
  if (child === undefined) throw new Error(`the description has no ${path.join('/')}`);
  return at(child, rest);
}

/** Everything reachable from `start` by `$ref`, as {"schemas/issue": …}. */
function reachable(source: Json, start: Json): ReadonlyMap<string, Json> {
  const found = new Map<string, Json>();
  const queue = [...refsIn(start)];
  for (let ref = queue.pop(); ref !== undefined; ref = queue.pop()) {
    const [, , kind = '', name = ''] = ref.split('/');
    if (found.has(`${kind}/${name}`)) continue;
    const raw = at(source, ['components', kind, name]);
    const pruned = strip(kind === 'responses' ? jsonContentOnly(raw) : raw);
    found.set(`${kind}/${name}`, pruned);
    queue.push(...refsIn(pruned));
  }
  return found;
}

/** One line an entry: small, and still a diff that can be read. */
function writeLines(entries: Readonly<Record<string, Json>>): string {
  const lines = Object.entries(entries)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return `{\n${lines.join(',\n')}\n}`;
}

function prune(source: Json): string {
  const paths = Object.fromEntries(
    Object.entries(OPERATIONS).map(([path, methods]) => [
      path,
      Object.fromEntries(
        methods.map((method) => [method, pruneOperation(at(source, ['paths', path, method]))]),
      ),
    ]),
  );
  const webhooks = Object.fromEntries(
    WEBHOOKS.map((name) => {
      const body = jsonContentOnly(at(source, ['x-webhooks', name, 'post', 'requestBody']));
      return [name, strip(at(body, ['content', 'application/json', 'schema']))];
    }),
  );
  const components: Record<string, Record<string, Json>> = {};
  for (const [key, value] of reachable(source, { paths, webhooks })) {
    const [kind = '', name = ''] = key.split('/');
    (components[kind] ??= {})[name] = value;
  }
  const parts = Object.entries(components).map(([kind, map]) => `"${kind}":${writeLines(map)}`);
  return `{"openapi":"3.0.3",\n"paths":${writeLines(paths)},\n"webhooks":${writeLines(webhooks)},\n"components":{${parts.join(',\n')}}}\n`;
}

const [input, output = new URL('../test/fixtures/github-openapi.json', import.meta.url)] =
  process.argv.slice(2);
if (input === undefined) throw new Error('usage: prune-github-openapi.ts <api.github.com.json> [output]');
const description: Json = JSON.parse(readFileSync(input, 'utf8'));
writeFileSync(output, prune(description));
