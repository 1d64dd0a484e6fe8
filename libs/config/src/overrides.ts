import { isTree, setValue } from './config-tree.ts';
import type { ConfigIssue } from './errors.ts';
import type { ConfigKey } from './json-schema.ts';
import { configKeys } from './json-schema.ts';
import { nearest } from './nearest.ts';
import { quoted } from './shown-value.ts';

/** A value that replaces what the file says. */
export interface ConfigOverride {
  /** Key from the top, for example `storage.output_dir`. */
  readonly path: string;
  /** Text is read as in an environment variable: lists are separated by commas, with or without brackets. */
  readonly value: string | number | readonly string[];
  /** Who says so, for errors: `--symbols`. */
  readonly source: string;
}

/** Flags that change the configuration, as text from the command line. */
export interface ConfigFlags {
  readonly symbols?: string | undefined;
  readonly outputDir?: string | undefined;
  readonly duration?: string | undefined;
}

/** `--symbols A,B`, `--output-dir D` and `--duration 60s`, which also makes the recording a timed one. */
export function flagOverrides(flags: ConfigFlags): ConfigOverride[] {
  const given: [string, string | undefined, string][] = [
    ['symbols.pairs', flags.symbols, '--symbols'],
    ['storage.output_dir', flags.outputDir, '--output-dir'],
    ['general.mode', flags.duration === undefined ? undefined : 'timed', '--duration'],
    ['general.duration', flags.duration, '--duration'],
  ];
  return given.flatMap(([path, value, source]) => (value === undefined ? [] : [{ path, value, source }]));
}

/** Environment variables of this project begin with it; two underscores separate the parts of the path. */
export const ENVIRONMENT_PREFIX = 'STREAMER__';

/** The variable of a key: `network.rest_url` → `STREAMER__NETWORK__REST_URL`. */
export function environmentName(path: string): string {
  return ENVIRONMENT_PREFIX + path.toUpperCase().replaceAll('.', '__');
}

/** Every variable of this project as an override, or as an issue when it names no key. */
export function environmentOverrides(environment: Readonly<Record<string, string | undefined>>): {
  readonly overrides: readonly ConfigOverride[];
  readonly issues: readonly ConfigIssue[];
} {
  const paths = new Map(configKeys().map(({ path }) => [environmentName(path), path]));
  const overrides: ConfigOverride[] = [];
  const issues: ConfigIssue[] = [];
  for (const [source, value] of Object.entries(environment)) {
    if (value === undefined || !source.startsWith(ENVIRONMENT_PREFIX)) continue;
    const path = paths.get(source);
    if (path === undefined)
      issues.push(unknownKey(source, 'a variable of the configuration', [...paths.keys()]));
    else overrides.push({ path, value, source });
  }
  return { overrides, issues };
}

/**
 * Puts the overrides into the tree, later ones last; returns who set each path, and what names no key. A file that is
 * no map at all takes none.
 */
export function applyOverrides(tree: unknown, overrides: readonly ConfigOverride[]) {
  const keys = new Map(configKeys().map((key) => [key.path, key]));
  const sources = new Map<string, string>();
  const issues: ConfigIssue[] = [];
  for (const { path, value, source } of overrides) {
    const key = keys.get(path);
    if (key === undefined) {
      issues.push({ ...unknownKey(path, 'a key of the configuration', [...keys.keys()]), source });
    } else if (
      isTree(tree) &&
      setValue(tree, path, typeof value === 'string' ? valueOfText(value, key) : value)
    ) {
      sources.set(path, source);
    }
  }
  return { sources, issues };
}

function unknownKey(name: string, expected: string, known: readonly string[]): ConfigIssue {
  const near = nearest(name, known);
  const hint = near === undefined ? '' : `, such as ${near}`;
  return {
    path: '',
    line: undefined,
    column: undefined,
    source: /^[\x21-\x7e]{1,120}$/.test(name) ? name : quoted(name),
    expected: `${expected}${hint}`,
    was: quoted(name),
  };
}

/** Text has no types: the key decides what it becomes. What does not fit stays text and is refused by the schema. */
function valueOfText(text: string, { kind }: ConfigKey): unknown {
  if (kind === 'integer') return /^\s*-?\d{1,15}\s*$/.test(text) ? Number(text) : text;
  return kind === 'list' ? listOfText(text) : text;
}

/** `A,B`, `[A, B]` and `["A", 'B']` are the same list; nothing at all is the empty one. */
function listOfText(text: string): string[] {
  const inner = text.trim().replace(/^\[(.*)\]$/s, '$1');
  if (inner.trim() === '') return [];
  return inner.split(',').map((item) => item.trim().replace(/^(["'])(.*)\1$/s, '$2'));
}
