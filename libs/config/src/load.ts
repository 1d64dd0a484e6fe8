import type { Provenance } from './check.ts';
import { checkTree } from './check.ts';
import type { ConfigDocument } from './config-document.ts';
import { parseConfigDocument } from './config-document.ts';
import type { ConfigFileText, ReadFileHead } from './config-file.ts';
import { decodeConfig, readConfigFile, readFileHead } from './config-file.ts';
import { emptyTree, isTree, openEmptySections } from './config-tree.ts';
import type { ConfigErrorCode, ConfigIssue } from './errors.ts';
import { ConfigError } from './errors.ts';
import { configSections } from './json-schema.ts';
import type { ConfigOverride } from './overrides.ts';
import { applyOverrides, ENVIRONMENT_PREFIX, environmentOverrides } from './overrides.ts';
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
  if (isTree(tree)) openEmptySections(tree, configSections());
  const applied = applyOverrides(tree, [...environment.overrides, ...(options.overrides ?? [])]);
  const positions: Provenance['positions'] = document?.positions ?? new Map();
  const { checked, issues } = checkTree(tree, { file, positions, overrides: applied.sources });

  const isNeeded = (options.required ?? options.path !== undefined) || !applied.sources.has('symbols.pairs');
  const stopped = document?.isYaml === true ? undefined : whyStopped(found, document, isNeeded, file);
  // Without the file's values nothing can be said about them, but what overrides them is checked all the same.
  const valueIssues = stopped === undefined ? issues : issues.filter(({ source }) => source !== file);
  const textIssues = stopped?.issues ?? document?.issues ?? [];
  const all = inOrder([...textIssues, ...valueIssues, ...environment.issues, ...applied.issues], file);
  if (stopped !== undefined) throw new ConfigError(stopped.code, all, stopped.cause);
  if (checked === undefined || all.length > 0) throw new ConfigError('CONFIG_INVALID', all);
  return resolveConfig(checked);
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
function whyStopped(
  found: ConfigFileText,
  document: ConfigDocument | undefined,
  isNeeded: boolean,
  file: string,
): Stopped | undefined {
  const whole = { path: '', line: undefined, column: undefined, source: file };
  switch (found.kind) {
    case 'text':
      return { code: 'CONFIG_UNREADABLE', issues: document?.issues ?? [] };
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

/** Faults of the file by line and column, then the environment, then the command line, each in the order found. */
function inOrder(issues: readonly ConfigIssue[], file: string): ConfigIssue[] {
  const rank = ({ source }: ConfigIssue) =>
    source === file ? 0 : source.startsWith(ENVIRONMENT_PREFIX) ? 1 : 2;
  const line = (issue: ConfigIssue) => issue.line ?? Number.MAX_SAFE_INTEGER;
  return [...issues].sort(
    (a, b) => rank(a) - rank(b) || line(a) - line(b) || (a.column ?? 0) - (b.column ?? 0),
  );
}
