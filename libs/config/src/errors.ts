/** Exit code of a process whose configuration is at fault: EX_CONFIG of sysexits.h. */
export const configExitCode = 78;

/** Faults that one error names; what comes after them is counted in {@link ConfigError.omittedIssues}. */
export const CONFIG_ISSUES_MAX = 100;

/**
 * `CONFIG_MISSING`: there is no file and nothing that replaces it. `CONFIG_UNREADABLE`: the file cannot be opened, is
 * too big, is not UTF-8 or is not YAML. `CONFIG_INVALID`: it was read, and something in it, in the environment or on
 * the command line is not acceptable.
 */
export type ConfigErrorCode = 'CONFIG_MISSING' | 'CONFIG_UNREADABLE' | 'CONFIG_INVALID';

/** One fault of the configuration. */
export interface ConfigIssue {
  /** Key from the top, for example `network.silence_timeout` or `symbols.pairs[1]`; empty for the file as a whole. */
  readonly path: string;
  /** From 1; undefined when the value comes from no line, or is missing without a section to point at. */
  readonly line: number | undefined;
  /** From 1, in characters. */
  readonly column: number | undefined;
  /** Where the value comes from: the file's path, the environment variable or the flag. */
  readonly source: string;
  readonly expected: string;
  /** The value as text, shortened, without credentials; `missing` where there is none. */
  readonly was: string;
}

/** Every fault at once, one a line in the message. */
export class ConfigError extends Error {
  readonly code: ConfigErrorCode;
  /** In the order of the file, then the environment, then the command line; never empty. */
  readonly issues: readonly ConfigIssue[];
  /** Faults beyond {@link CONFIG_ISSUES_MAX}. */
  readonly omittedIssues: number;

  constructor(code: ConfigErrorCode, issues: readonly ConfigIssue[], cause?: unknown) {
    const shown = issues.slice(0, CONFIG_ISSUES_MAX);
    const omitted = issues.length - shown.length;
    const lines = shown.map(formatIssue);
    if (omitted > 0) lines.push(`and ${omitted} more faults`);
    super(lines.join('\n'), cause === undefined ? undefined : { cause });
    this.name = 'ConfigError';
    this.code = code;
    this.issues = shown;
    this.omittedIssues = omitted;
  }
}

/** `config.yaml:12: network.silence_timeout: expected a duration …, was "soon"`. */
function formatIssue(issue: ConfigIssue): string {
  const line = issue.line === undefined ? '' : `:${issue.line}`;
  // A fault of the text itself has no key to find it by, so it says the column as well.
  const column = issue.path === '' && issue.column !== undefined ? `:${issue.column}` : '';
  const key = issue.path === '' ? '' : `${issue.path}: `;
  return `${issue.source}${line}${column}: ${key}expected ${issue.expected}, was ${issue.was}`;
}

/** A text that should be a duration or a size and is not. */
export class QuantityError extends Error {
  readonly code: 'DURATION_INVALID' | 'BYTE_SIZE_INVALID';
  readonly expected: string;
  readonly was: string;

  constructor(code: 'DURATION_INVALID' | 'BYTE_SIZE_INVALID', expected: string, was: string) {
    super(`expected ${expected}, was ${was}`);
    this.name = 'QuantityError';
    this.code = code;
    this.expected = expected;
    this.was = was;
  }
}
