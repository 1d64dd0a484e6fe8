import { checkTree } from './check.ts';
import type { ConfigDocument } from './config-document.ts';
import { parseConfigDocument } from './config-document.ts';
import type { ConfigFileText, ReadFileHead } from './config-file.ts';
import { decodeConfig, readConfigFile, readFileHead } from './config-file.ts';
import { emptyTree, isTree } from './config-tree.ts';
import type { ConfigErrorCode, ConfigIssue } from './errors.ts';
import { ConfigError } from './errors.ts';
import type { ConfigOverride } from './overrides.ts';
import { applyOverrides, environmentOverrides } from './overrides.ts';
import { resolveConfig } from './resolve.ts';
import type { StreamerConfig } from './streamer-config.ts';

export interface LoadConfigOptions {
  /** File to read, and its name in errors; `config.yaml` in the working directory by default. */
  readonly path?: string | undefined;
  /**
   * Whether the file has to exist. By default it has to when `path` is given: who names a file wants that file.
   * Without it, the environment or the command line must give `symbols.pairs`.
   */
  readonly required?: boolean | undefined;
  /** Contents of the file, instead of reading it. */
  readonly text?: string | undefined;
  /** Variables that may override, usually `process.env`; none by default. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** Flags of the command line; they win over the environment, which wins over the file. */
  readonly overrides?: readonly ConfigOverride[] | undefined;
  /** Reads the file; from the file system by default. */
  readonly readFile?: ReadFileHead | undefined;
}

const DEFAULT_PATH = 'config.yaml';

/**
 * Loads, checks and freezes the configuration: command line over environment over file over defaults. Relative paths
 * in it stay as they are written, relative to the working directory of the process. Throws {@link ConfigError}, and
 * nothing else, with every fault of the file, the environment and the command line at once.
 */
export function loadConfig(options: LoadConfigOptions = {}): StreamerConfig {
  const file = options.path ?? DEFAULT_PATH;
  const found = findText(options, file);
  const document = found.kind === 'text' ? parseConfigDocument(found.text, file) : undefined;

  const environment = environmentOverrides(options.environment ?? {});
  const tree = document?.isYaml === true ? document.tree : emptyTree();
  const wanted = [...environment.overrides, ...(options.overrides ?? [])];
  const applied = isTree(tree)
    ? applyOverrides(tree, wanted)
    : { sources: new Map<string, string>(), issues: [] };
  const provenance = { file, positions: document?.positions ?? new Map(), overrides: applied.sources };
  const { checked, issues } = checkTree(tree, provenance);

  const stopped = cannotUse(
    found,
    document,
    isRequired(options) || !applied.sources.has('symbols.pairs'),
    file,
  );
  // Without the file's values nothing can be said about them, but what overrides them is checked all the same.
  const valueIssues = stopped === undefined ? issues : issues.filter(({ source }) => source !== file);
  const all = [
    ...inFileOrder([...(stopped?.issues ?? document?.issues ?? []), ...valueIssues], file),
    ...environment.issues,
    ...applied.issues,
  ];
  if (stopped !== undefined) throw new ConfigError(stopped.code, all, stopped.cause);
  if (checked === undefined || all.length > 0) throw new ConfigError('CONFIG_INVALID', all);
  return resolveConfig(checked);
}

function isRequired(options: LoadConfigOptions): boolean {
  return options.required ?? options.path !== undefined;
}

function findText(options: LoadConfigOptions, file: string): ConfigFileText {
  if (options.text === undefined) return readConfigFile(file, options.readFile ?? readFileHead);
  return decodeConfig(new TextEncoder().encode(options.text));
}

interface Stopped {
  readonly code: ConfigErrorCode;
  readonly issues: readonly ConfigIssue[];
  readonly cause?: unknown;
}

/** Why the file gives no values at all, where that is a fault. */
function cannotUse(
  found: ConfigFileText,
  document: ConfigDocument | undefined,
  isNeeded: boolean,
  file: string,
): Stopped | undefined {
  const whole = { path: '', line: undefined, column: undefined, source: file };
  switch (found.kind) {
    case 'text':
      return document?.isYaml === false ? { code: 'CONFIG_UNREADABLE', issues: document.issues } : undefined;
    case 'missing': {
      const expected = 'a configuration file (or symbols from --symbols or STREAMER__SYMBOLS__PAIRS)';
      const issues = [{ ...whole, expected, was: 'missing' }];
      return isNeeded ? { code: 'CONFIG_MISSING', issues, cause: found.cause } : undefined;
    }
    case 'unreadable': {
      const { expected, was, cause } = found;
      return { code: 'CONFIG_UNREADABLE', issues: [{ ...whole, expected, was }], cause };
    }
  }
}

/** Faults of the file by line and column, those without a line after them, then all others in the order found. */
function inFileOrder(issues: readonly ConfigIssue[], file: string): ConfigIssue[] {
  const rank = ({ source, line }: ConfigIssue) =>
    source === file ? (line ?? Number.MAX_SAFE_INTEGER) : Infinity;
  return [...issues].sort((a, b) => compare(rank(a), rank(b)) || compare(a.column ?? 0, b.column ?? 0));
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
