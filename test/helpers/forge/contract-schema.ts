/** Translates OpenAPI 3.0 schemas to JSON Schema 2019-09, which Ajv speaks. */

export interface JsonObject {
  readonly [key: string]: unknown;
}
export type Schema = JsonObject;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Keywords whose value maps free names to schemas, holds one schema, or a list of schemas. */
const MAPS = new Set(['properties', 'patternProperties']);
const SINGLE = new Set(['items', 'additionalProperties', 'not']);
const LISTS = new Set(['allOf', 'anyOf', 'oneOf']);

function mapChildren(schema: Schema, visit: (child: Schema, keyword: string) => Schema): Schema {
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      if (MAPS.has(keyword) && isObject(value)) {
        const entries = Object.entries(value).map(([name, child]) => [
          name,
          visit(isObject(child) ? child : {}, keyword),
        ]);
        return [keyword, Object.fromEntries(entries)];
      }
      if (SINGLE.has(keyword) && isObject(value)) return [keyword, visit(value, keyword)];
      if (LISTS.has(keyword) && Array.isArray(value)) {
        return [keyword, value.map((child: unknown) => visit(isObject(child) ? child : {}, keyword))];
      }
      return [keyword, value];
    }),
  );
}

/**
 * `nullable` becomes a null type. `oneOf` becomes `anyOf`: GitHub's alternatives overlap (an empty array is a list
 * of labels of every kind), so "exactly one" is never meant. `discriminator` would only repeat what they say.
 */
export function toJsonSchema(schema: Schema): Schema {
  const { nullable, oneOf, discriminator: _discriminator, ...rest } = mapChildren(schema, toJsonSchema);
  const plain: Schema = {
    ...rest,
    ...(oneOf === undefined
      ? {}
      : rest['anyOf'] === undefined
        ? { anyOf: oneOf }
        : { allOf: [{ anyOf: oneOf }] }),
  };
  return nullable === true ? { anyOf: [plain, { type: 'null' }] } : plain;
}

/**
 * The same with every object closed: a key that no branch of the schema names is an error. References are
 * inlined, because a reference inside a composition must not be closed on its own.
 */
export function closeObjects(schema: Schema, schemas: Readonly<Record<string, Schema>>): Schema {
  const close = (child: Schema, keyword: string): Schema => {
    const target = typeof child['$ref'] === 'string' ? schemas[child['$ref'].split('/').at(-1) ?? ''] : child;
    if (target === undefined) throw new Error(`unknown reference ${String(child['$ref'])}`);
    const inner = mapChildren(target, close);
    const isBranch = LISTS.has(keyword) || keyword === 'not';
    const describesKeys = ['properties', 'allOf', 'anyOf', 'oneOf'].some((key) => key in inner);
    const isOpen = 'additionalProperties' in inner;
    return !isBranch && describesKeys && !isOpen ? { ...inner, unevaluatedProperties: false } : inner;
  };
  return toJsonSchema(close(schema, ''));
}
