/**
 * The moment at which a replay stops: `time` compares with the receipt of a message (microseconds since the epoch),
 * `updateId` with the `u` of a diff and the `lastUpdateId` of a snapshot.
 */
export type Moment =
  | { readonly kind: 'time'; readonly atUs: number; readonly text: string }
  | { readonly kind: 'updateId'; readonly updateId: number; readonly text: string };

export class MomentError extends Error {
  readonly code = 'MOMENT_INVALID';
  readonly text: string;

  constructor(text: string, expected: string) {
    super(`moment ${JSON.stringify(text.slice(0, 80))}: expected ${expected}`);
    this.name = 'MomentError';
    this.text = text;
  }
}

const EXPECTED =
  'a UTC time (2024-07-19T00:00:00Z, or HH:MM:SS with a date), an epoch in ms, µs or ns (13, 16 or 19 digits), ' +
  'or an update id; t: and u: before a number force the one or the other';

/** The exchange opened in 2017; ids of 13 digits above 2040 exist, and a recording from there is far away. */
const EPOCH_MS_MIN = Date.UTC(2017, 0);
const EPOCH_MS_MAX = Date.UTC(2040, 0);

const DATE_TIME =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2})?)?$/;
const TIME_OF_DAY = /^\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?Z?$/;

/**
 * Reads the text of a moment.
 *
 * Whole numbers are told apart by their digits: 13 are milliseconds, 16 microseconds, 19 nanoseconds since the epoch,
 * everything else is an update id. Ids have grown to 13 and 14 digits, so 13 digits are a time only when they fall
 * between 2017 and 2040: USD-M ids were in that range about 2022, before and after it they are recognised. `u:` and `t:`
 * leave no doubt. With `t:` the unit follows the size: up to 11 digits seconds, 14 milliseconds, 17 microseconds, more
 * nanoseconds. A date and time without a zone is UTC; a time of day needs `date` (`YYYY-MM-DD`).
 *
 * Throws {@link MomentError}.
 */
export function parseMoment(text: string, date?: string): Moment {
  const [, prefix, value = ''] = /^([ut]:)?(.*)$/su.exec(text) ?? [];
  if (prefix === 'u:') return updateIdMoment(text, value);
  if (/^\d{1,19}$/.test(value)) {
    const isTime = prefix === 't:' || isEpoch(value);
    return isTime ? { kind: 'time', atUs: epochToUs(value), text } : updateIdMoment(text, value);
  }
  const isTimeOfDay = TIME_OF_DAY.test(value);
  if (isTimeOfDay && date === undefined)
    throw new MomentError(text, 'a date beside the time of day (--date)');
  const atUs = dateTimeToUs(isTimeOfDay ? `${date}T${value}` : value);
  if (atUs === undefined) throw new MomentError(text, EXPECTED);
  return { kind: 'time', atUs, text };
}

function updateIdMoment(text: string, digits: string): Moment {
  const updateId = /^\d{1,16}$/.test(digits) ? Number(digits) : NaN;
  if (!Number.isSafeInteger(updateId)) throw new MomentError(text, 'an update id: a whole number below 2^53');
  return { kind: 'updateId', updateId, text };
}

function isEpoch(digits: string): boolean {
  if (digits.length === 13) return Number(digits) >= EPOCH_MS_MIN && Number(digits) < EPOCH_MS_MAX;
  return digits.length === 16 || digits.length === 19;
}

/** Microseconds of an epoch whose unit follows from its digits; what is finer than a microsecond is cut off. */
function epochToUs(digits: string): number {
  const value = BigInt(digits);
  if (digits.length <= 11) return Number(value * 1_000_000n);
  if (digits.length <= 14) return Number(value * 1000n);
  return Number(digits.length <= 17 ? value : value / 1000n);
}

function dateTimeToUs(text: string): number | undefined {
  const parts = DATE_TIME.exec(text);
  if (parts === null) return undefined;
  const [, day = '', minute = '00:00', second = '00', fraction = '', zone = 'Z'] = parts;
  if (!isDate(day)) return undefined;
  const ms = Date.parse(`${day}T${minute}:${second}${zone}`);
  return Number.isNaN(ms) ? undefined : ms * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6));
}

/** Whether `text` is a day of the calendar in the form `YYYY-MM-DD`. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

/** A receipt time in UTC with all its microseconds, in the form that {@link parseMoment} reads. */
export function formatTimeUs(us: number): string {
  const ms = Math.floor(us / 1000);
  const iso = new Date(ms).toISOString();
  return `${iso.slice(0, -1)}${String(us - ms * 1000).padStart(3, '0')}Z`;
}
