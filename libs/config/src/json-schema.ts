import { z } from 'zod';
import { configSchema } from './schema/sections.ts';

/** A key of config.yaml as it is documented and as flags and variables name it. */
export interface ConfigKey {
  /** For example `network.reconnect.initial_delay`. */
  readonly path: string;
  /** How text from the environment becomes a value; an `integer` may also be one of several forms. */
  readonly kind: 'text' | 'integer' | 'list';
  /** Undefined for `symbols.pairs`. */
  readonly default: unknown;
  /** What is accepted, in the words of the errors. */
  readonly expected: string;
  readonly description: string;
}

/** The part of JSON Schema that is looked at here. */
export interface JsonSchema {
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  anyOf?: JsonSchema[];
  default?: unknown;
  description?: string;
  [keyword: string]: unknown;
}

/** With what the fields say about themselves: the words of errors, and a default that depends on other keys. */
interface AnnotatedSchema extends JsonSchema {
  expected?: string;
  fallback?: string;
}

/** The schema of what is written, still with the keywords of this library. */
function inputSchema(): JsonSchema {
  return z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema;
}

/** JSON Schema (draft 2020-12) of config.yaml for editors, with descriptions and defaults. */
export function configJsonSchema(): JsonSchema {
  return { ...forEditors(inputSchema()), title: 'config.yaml' };
}

/** Sections may be left empty, and what is accepted belongs to the text that an editor shows. */
function forEditors({ expected, fallback, ...schema }: AnnotatedSchema): JsonSchema {
  if (schema.properties !== undefined) {
    const properties = Object.entries(schema.properties).map(
      ([key, part]) => [key, forEditors(part)] as const,
    );
    delete schema.default;
    return { ...schema, type: ['object', 'null'], properties: Object.fromEntries(properties) };
  }
  const description = `${schema.description} Accepts ${expected}.`;
  return { ...(fallback === undefined ? {} : { default: fallback }), ...schema, description };
}

let keys: readonly ConfigKey[] | undefined;

/** Every key of config.yaml in its order, sections left out. */
export function configKeys(): readonly ConfigKey[] {
  keys ??= Object.freeze(leaves(inputSchema(), ''));
  return keys;
}

/** Every section, and every section within one, after the one that it is in. */
export function configSections(): readonly string[] {
  const ends = configKeys().flatMap(({ path }) =>
    [...path.matchAll(/\./g)].map(({ index }) => path.slice(0, index)),
  );
  return [...new Set(ends)];
}

function leaves(schema: JsonSchema, path: string): ConfigKey[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, part]) => {
    const key = path === '' ? name : `${path}.${name}`;
    return part.properties === undefined ? [leaf(part, key)] : leaves(part, key);
  });
}

function leaf(schema: AnnotatedSchema, path: string): ConfigKey {
  const types = [schema, ...(schema.anyOf ?? [])].map(({ type }) => type);
  const kind = types.includes('array') ? 'list' : types.includes('integer') ? 'integer' : 'text';
  const { expected = '', description = '', fallback } = schema;
  return Object.freeze({ path, kind, default: schema.default ?? fallback, expected, description });
}
