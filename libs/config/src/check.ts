import type { z } from 'zod';
import type { Position } from './node-reader.ts';
import type { ConfigPath } from './config-path.ts';
import { formatPath } from './config-path.ts';
import { valueAt } from './config-tree.ts';
import type { ConfigIssue } from './errors.ts';
import { configKeys } from './json-schema.ts';
import { nearest } from './nearest.ts';
import type { CheckedConfig } from './schema/sections.ts';
import { configSchema } from './schema/sections.ts';
import { SECRET_KEYS } from './schema/stores.ts';
import { quoted, shownValue } from './shown-value.ts';

/** What is needed to say where a value comes from. */
export interface Provenance {
  /** Name of the file. */
  readonly file: string;
  readonly positions: ReadonlyMap<string, Position>;
  /** Variable or flag by the path that it set. */
  readonly overrides: ReadonlyMap<string, string>;
}

export interface CheckResult {
  /** Undefined when there are issues. */
  readonly checked: CheckedConfig | undefined;
  readonly issues: readonly ConfigIssue[];
}

/** Checks a whole tree against the schema and finds the place of every fault. */
export function checkTree(tree: unknown, provenance: Provenance): CheckResult {
  const result = configSchema.safeParse(tree);
  if (result.success) return { checked: result.data, issues: [] };
  const issues = result.error.issues.flatMap((issue) => configIssues(issue, tree, provenance));
  return { checked: undefined, issues };
}

function configIssues(issue: z.core.$ZodIssue, tree: unknown, provenance: Provenance): ConfigIssue[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      ...placeOf([...path, key], provenance),
      expected: keyExpected(formatPath(path), key),
      was: quoted(key),
    }));
  }
  const isSecret = path.some((part) => SECRET_KEYS.has(String(part)));
  const was = isSecret ? 'something else, which is not shown' : shownValue(valueAt(tree, path));
  return [{ ...placeOf(path, provenance), expected: issue.message, was }];
}

/** The nearest place that is known: of the value itself, or of the list or section where it is missing. */
function placeOf(path: ConfigPath, { file, positions, overrides }: Provenance) {
  const nearestFirst = path.map((_, index) => formatPath(path.slice(0, path.length - index)));
  const at = { path: formatPath(path), line: undefined, column: undefined };
  // What sets a whole list also set this element of it, whatever stands in the file at its place.
  const source = nearestFirst.map((place) => overrides.get(place)).find((name) => name !== undefined);
  if (source !== undefined) return { ...at, source };
  const position = nearestFirst.map((place) => positions.get(place)).find((known) => known !== undefined);
  return { ...at, source: file, ...position };
}

/** Which key was probably meant: one of the same section, or the same name in another section. */
function keyExpected(section: string, key: string): string {
  const paths = configKeys().map(({ path }) => path);
  const prefix = section === '' ? '' : `${section}.`;
  const inside = paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
  const known = [...new Set(inside.map((path) => path.split('.', 1)[0] ?? ''))];
  const near =
    nearest(key, known) ??
    known.find((name) => name.startsWith(`${key}_`)) ??
    paths.find((path) => path.endsWith(`.${key}`));
  const hint = near === undefined ? '' : `"${near}" or `;
  return `${hint}one of the keys ${known.join(', ')}`;
}
