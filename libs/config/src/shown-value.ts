const SHOWN_CHARACTERS_MAX = 80;

/**
 * A value of unknown origin as text for an error: on one line, at most 80 characters, and without the user and
 * password of a URL, because errors end up in logs.
 */
export function shownValue(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'empty';
  if (Array.isArray(value))
    return value.length === 1 ? 'a list of 1 item' : `a list of ${value.length} items`;
  if (typeof value === 'string') return quoted(withoutCredentials(value));
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : 'a section';
}

/** A text in which the user and password of each URL, and passwords and tokens among its parameters, are `***`. */
function withoutCredentials(text: string): string {
  return text
    .replace(/\/\/[^/?#]*@/g, '//***@')
    .replace(/\b(password|passwd|token|secret)=[^&\s]*/gi, '$1=***');
}

/** The text in quotes, with control characters escaped and the end cut off when it is long. */
export function quoted(text: string): string {
  const shown = text.length > SHOWN_CHARACTERS_MAX ? `${text.slice(0, SHOWN_CHARACTERS_MAX)}…` : text;
  return JSON.stringify(shown);
}
