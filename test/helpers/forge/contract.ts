/**
 * GitHub's own OpenAPI description (pruned by scripts/prune-github-openapi.ts) as router and judge: it finds the
 * operation of a request, and says where requests, answers and webhook payloads leave the description.
 */
import { readFileSync } from 'node:fs';
import { Ajv2019, type ErrorObject, type ValidateFunction } from 'ajv/dist/2019.js';
import addFormats from 'ajv-formats';
import { type Schema, closeObjects, toJsonSchema } from './contract-schema.ts';

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
  readonly 'x-multi-segment'?: boolean;
}
interface Message {
  readonly required?: boolean;
  readonly content?: { readonly 'application/json'?: { readonly schema: Schema } };
}
interface Operation {
  readonly operationId: string;
  readonly externalDocs?: { readonly url: string };
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[];
  readonly requestBody?: Message;
  readonly responses: Readonly<Record<string, Message | { readonly $ref: string }>>;
}
interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly webhooks: Readonly<Record<string, Schema>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly parameters: Readonly<Record<string, Parameter>>;
    readonly responses: Readonly<Record<string, Message>>;
  };
}

/** A request matched to its operation; `params` and `query` are decoded and have the description's types. */
export interface MatchedRequest {
  readonly operationId: string;
  readonly docsUrl: string;
  readonly params: Readonly<Record<string, string | number | boolean>>;
  readonly query: Readonly<Record<string, string | number | boolean>>;
  /** What GitHub would refuse with 422. */
  readonly invalid: readonly string[];
  /** What GitHub would ignore, but its description does not know: misspelt keys, mostly. */
  readonly unknown: readonly string[];
}

export interface Contract {
  /** Undefined when the description has no such operation. */
  match(method: string, path: string, search: URLSearchParams, body: unknown): MatchedRequest | undefined;
  /** Where an answer leaves the description; empty when it does not. */
  checkResponse(operationId: string, status: number, body: unknown): readonly string[];
  /** Where a webhook payload leaves the description, by event and action ("issues", "labeled"). */
  checkWebhook(event: string, payload: { readonly action?: unknown }): readonly string[];
}

interface Route {
  readonly method: string;
  readonly path: string;
  readonly pattern: RegExp;
  readonly operation: Operation;
  readonly parameters: readonly Parameter[];
}

const FIXTURE = new URL('../../fixtures/github-openapi.json', import.meta.url);

function loadDescription(): Description {
  const description: Description = JSON.parse(readFileSync(FIXTURE, 'utf8'));
  return description;
}

/** A path with a broken escape stays as it came. */
export function decodePath(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}

function toPattern(path: string, parameters: readonly Parameter[]): RegExp {
  const source = path.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    const parameter = parameters.find((candidate) => candidate.name === name && candidate.in === 'path');
    return `(?<${name}>${parameter?.['x-multi-segment'] ? '.+' : '[^/]+'})`;
  });
  return new RegExp(`^${source}$`);
}

function lookUp<T>(components: Readonly<Record<string, T>>, ref: string): T {
  const found = components[ref.split('/').at(-1) ?? ''];
  if (found === undefined) throw new Error(`the description has no ${ref}`);
  return found;
}

function routesOf(description: Description): readonly Route[] {
  const routes = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const parameters = (operation.parameters ?? []).map((parameter) =>
        '$ref' in parameter ? lookUp(description.components.parameters, parameter.$ref) : parameter,
      );
      return {
        method: method.toUpperCase(),
        path,
        pattern: toPattern(path, parameters),
        operation,
        parameters,
      };
    }),
  );
  // {ref} may hold slashes, so more segments win; then literal ones: /comments/{id} before /{number}/labels.
  const segments = (route: Route) => route.path.split('/').length;
  const literal = (route: Route) => route.path.replaceAll(/\{\w+\}/g, '~');
  return routes.sort((a, b) => segments(b) - segments(a) || (literal(a) < literal(b) ? -1 : 1));
}

const describeError = (error: ErrorObject): string => {
  const detail = error.params as { unevaluatedProperty?: string; allowedValues?: unknown[] };
  const named = detail.unevaluatedProperty ?? detail.allowedValues?.join('|');
  return `${error.instancePath || '/'} ${error.message ?? error.keyword}${named ? ` (${named})` : ''}`;
};

/** Typed values of the path or query parameters, and what is wrong with them. */
function readParameters(
  validate: ValidateFunction,
  raw: Readonly<Record<string, string>>,
): { values: Record<string, string | number | boolean>; errors: readonly ErrorObject[] } {
  const values: Record<string, string | number | boolean> = { ...raw };
  validate(values); // coerceTypes rewrites "12" to 12 in place
  return { values, errors: validate.errors ?? [] };
}

function parameterSchema(parameters: readonly Parameter[], place: 'path' | 'query'): Schema {
  const own = parameters.filter((parameter) => parameter.in === place);
  return {
    type: 'object',
    properties: Object.fromEntries(own.map((parameter) => [parameter.name, toJsonSchema(parameter.schema)])),
    required: own.filter((parameter) => parameter.required === true).map((parameter) => parameter.name),
    unevaluatedProperties: false,
  };
}

/** Compiling is dear (GitHub's schemas are large), so one contract serves a whole process: `sharedContract`. */
function createContract(description: Description): Contract {
  const base = {
    strict: false,
    allErrors: true,
    inlineRefs: false,
    validateFormats: true,
    logger: false,
  } as const;
  const bodies = addFormats.default(new Ajv2019(base));
  const parameters = addFormats.default(new Ajv2019({ ...base, coerceTypes: true }));
  for (const ajv of [bodies, parameters]) {
    for (const format of ['repo.nwo', 'int64']) ajv.addFormat(format, true);
    for (const [name, schema] of Object.entries(description.components.schemas)) {
      ajv.addSchema(toJsonSchema(schema), `#/components/schemas/${name}`);
    }
  }
  const compiled = new Map<string, ValidateFunction>();
  const compile = (key: string, ajv: Ajv2019, schema: () => Schema): ValidateFunction => {
    const known = compiled.get(key) ?? ajv.compile(schema());
    compiled.set(key, known);
    return known;
  };
  const routes = routesOf(description);
  const byId = new Map(routes.map((route) => [route.operation.operationId, route]));

  const checkBody = ({ operation }: Route, sent: unknown): readonly ErrorObject[] => {
    const { required = false, content } = operation.requestBody ?? {};
    const schema = content?.['application/json']?.schema;
    if (schema === undefined || (sent === undefined && !required)) return [];
    const body = sent ?? {};
    const validate = compile(`${operation.operationId} body`, bodies, () =>
      closeObjects(schema, description.components.schemas),
    );
    return validate(body) ? [] : (validate.errors ?? []);
  };

  const responseSchema = ({ operation }: Route, status: number): Schema | undefined => {
    const declared = operation.responses[String(status)];
    if (declared === undefined) return undefined;
    const response = '$ref' in declared ? lookUp(description.components.responses, declared.$ref) : declared;
    return response.content?.['application/json']?.schema ?? {};
  };

  return {
    match(method, path, search, body) {
      const found = routes
        .filter((route) => route.method === method)
        .map((route) => ({ route, groups: route.pattern.exec(path)?.groups }))
        .find(
          ({ groups, route }) => groups !== undefined || (route.path === path && route.pattern.test(path)),
        );
      if (found === undefined) return undefined;
      const { route, groups = {} } = found;
      const { operationId, externalDocs } = route.operation;
      const read = (place: 'path' | 'query', raw: Readonly<Record<string, string>>) =>
        readParameters(
          compile(`${operationId} ${place}`, parameters, () => parameterSchema(route.parameters, place)),
          raw,
        );
      const inPath = read(
        'path',
        Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, decodePath(value)])),
      );
      const inQuery = read('query', Object.fromEntries(search));
      const errors = [...inPath.errors, ...inQuery.errors, ...checkBody(route, body)];
      const isUnknownKey = (error: ErrorObject) => error.keyword === 'unevaluatedProperties';
      return {
        operationId,
        docsUrl: externalDocs?.url ?? 'https://docs.github.com/rest',
        params: inPath.values,
        query: inQuery.values,
        invalid: errors.filter((error) => !isUnknownKey(error)).map(describeError),
        unknown: errors.filter(isUnknownKey).map(describeError),
      };
    },
    checkResponse(operationId, status, body) {
      const route = byId.get(operationId);
      if (route === undefined) return [`no operation ${operationId}`];
      const declared = responseSchema(route, status);
      if (declared === undefined && status < 400) return [`status ${status} is not described`];
      const schema = declared ?? { $ref: '#/components/schemas/basic-error' };
      const validate = compile(`${operationId} ${status}`, bodies, () => toJsonSchema(schema));
      return validate(body) ? [] : (validate.errors ?? []).map(describeError);
    },
    checkWebhook(event, payload) {
      const name = `${event}-${String(payload.action)}`.replaceAll('_', '-');
      const schema = description.webhooks[name];
      if (schema === undefined) return [`no webhook ${name}`];
      const validate = compile(`webhook ${name}`, bodies, () => toJsonSchema(schema));
      return validate(payload) ? [] : (validate.errors ?? []).map(describeError);
    },
  };
}

/** One compiled contract a process. */
export const sharedContract: () => Contract = (() => {
  let contract: Contract | undefined;
  return () => (contract ??= createContract(loadDescription()));
})();
