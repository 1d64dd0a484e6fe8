import type { LogFields } from './child-log.ts';

/** Characters of one text; a frame of the exchange or a page of a proxy has hundreds of kilobytes. */
export const TEXT_MAX = 1000;
/** Entries of one list or object; the rest is counted. */
export const ENTRIES_MAX = 50;
const DEPTH_MAX = 4;
const BYTES_MAX = 200;

const SECRET_NAME =
  /passw|secret|token|credential|authorization|cookie|signature|private_?key|api_?key|listen_?key/i;
const CREDENTIALS_IN_URL = /(\b[a-z][a-z\d+.-]*:\/\/)[^\s/@]+@/gi;
const SECRET_IN_QUERY = /([?&][^=&\s]*(?:key|token|secret|signature|password)[^=&\s]*=)[^&\s"]+/gi;
const REDACTED = '[redacted]';

/** What does not print, or would change how the rest of a line is shown: control and format characters, separators. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** The same text on one line, every character that a terminal would act upon as its escape. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, escaped);
}

/** The characters that JSON leaves as they are although they do not print. */
export function jsonLine(value: object): string {
  return printable(JSON.stringify(value));
}

function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}

/**
 * The facts of a line as they may be written: texts, lists, objects and bytes cut to a length, secrets taken out by name
 * and by form, and nothing left that JSON cannot say. It never throws, whatever a caller logs.
 */
export function loggable(fields: LogFields): LogFields {
  return object(fields, 0, []) as LogFields;
}

/** At most `TEXT_MAX` characters, without the secrets that addresses carry. */
export function loggableText(text: string): string {
  const rest = text.length - TEXT_MAX;
  const shown = rest > 0 ? `${text.slice(0, TEXT_MAX)}… (${rest} more)` : text;
  return shown.replace(CREDENTIALS_IN_URL, `$1${REDACTED}@`).replace(SECRET_IN_QUERY, `$1${REDACTED}`);
}

function loggableValue(value: unknown, depth: number, within: readonly object[]): unknown {
  switch (typeof value) {
    case 'string':
      return loggableText(value);
    case 'bigint':
      return String(value);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
    case 'undefined':
      return value;
    case 'object':
      return value === null ? null : object(value, depth, within);
    default:
      return `[${typeof value}]`;
  }
}

function object(value: object, depth: number, within: readonly object[]): unknown {
  if (within.includes(value)) return '[circular]';
  if (depth >= DEPTH_MAX) return '[deeper]';
  try {
    return parts(value, depth + 1, [...within, value]);
  } catch {
    // A getter that throws, a proxy: the line is worth more than this value.
    return '[unreadable]';
  }
}

function parts(value: object, depth: number, within: readonly object[]): unknown {
  if (value instanceof Uint8Array) return excerpt(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof Error) return loggableText(value.stack ?? value.message);
  if (value instanceof Map) return parts([...(value as Map<unknown, unknown>)], depth, within);
  if (Array.isArray(value) || value instanceof Set) {
    const items = [...(value as Iterable<unknown>)];
    const shown = items.slice(0, ENTRIES_MAX).map((item) => loggableValue(item, depth, within));
    return items.length > ENTRIES_MAX ? [...shown, `… (${items.length - ENTRIES_MAX} more)`] : shown;
  }
  const entries = Object.entries(value);
  const shown = entries
    .slice(0, ENTRIES_MAX)
    .map(([name, part]) => [
      loggableText(name),
      SECRET_NAME.test(name) ? REDACTED : loggableValue(part, depth, within),
    ]);
  if (entries.length > ENTRIES_MAX) shown.push(['…', `${entries.length - ENTRIES_MAX} more`]);
  return Object.fromEntries(shown);
}

function excerpt(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes.subarray(0, BYTES_MAX));
  return bytes.length > BYTES_MAX ? `${text}… (${bytes.length} bytes)` : text;
}
