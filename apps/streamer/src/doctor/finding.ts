/** `error`: recording will not work, or not for long. `warn`: it works, and somebody should know. */
export type FindingLevel = 'ok' | 'warn' | 'error';

/** What one look at the installation found. The names are those of `doctor --json`. */
export interface Finding {
  /** What was looked at, such as `clock` or `route /market`; the same name at every run. */
  readonly check: string;
  readonly level: FindingLevel;
  /** What was found, with figures and units. */
  readonly what: string;
  /** What to do about it; empty when nothing has to be done. */
  readonly advice: string;
}

export function ok(check: string, what: string): Finding {
  return { check, level: 'ok', what, advice: '' };
}

export function warn(check: string, what: string, advice: string): Finding {
  return { check, level: 'warn', what, advice };
}

export function error(check: string, what: string, advice: string): Finding {
  return { check, level: 'error', what, advice };
}

/** What a probe brings: what it looked for, or in words why not. */
export type Attempt<T> = { readonly found: T } | { readonly problem: string };
