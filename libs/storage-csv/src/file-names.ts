import type { RowKind } from '@org/storage';

/** What one file holds. */
export type FileKind = RowKind;

/** How long one file lasts, by the UTC time of receipt; a number is milliseconds: whole seconds that divide a day. */
export type Rotation = 'daily' | 'hourly' | number;

/** The parts of a file's name, `<kind>_<period>[.<part>].csv`, and `.gz` behind it once it is closed and packed. */
export interface FileName {
  readonly kind: string;
  /**
   * When it begins, in UTC: `YYYY-MM-DD`, `YYYY-MM-DDTHH`, `YYYY-MM-DDTHH-MM` or `YYYY-MM-DDTHH-MM-SS`, as fine as the
   * length of a period needs.
   */
  readonly period: string;
  /** 0 is the first file of a period. Others exist where the first could not be continued. */
  readonly part: number;
  readonly isCompressed: boolean;
}

const NAME =
  /^(?<kind>[a-z]+)_(?<period>\d{4}-\d{2}-\d{2}(?:T\d{2}(?:-\d{2}){0,2})?)(?:\.(?<part>\d{1,7}))?\.(?:csv|jsonl)(?<gz>\.gz)?$/;

/** The name of a file of rows. Rejected records are no rows: theirs are JSON lines. */
export function formatFileName(kind: FileKind, period: string, part: number): string {
  return `${kind}_${period}${part === 0 ? '' : `.${part}`}.${kind === 'rejected' ? 'jsonl' : 'csv'}`;
}

/** The parts of a name, or undefined when it is not one of a file of rows. */
export function parseFileName(name: string): FileName | undefined {
  const parts = NAME.exec(name)?.groups;
  if (parts === undefined) return undefined;
  return {
    kind: parts['kind']!,
    period: parts['period']!,
    part: Number(parts['part'] ?? 0),
    isCompressed: parts['gz'] !== undefined,
  };
}

/** Order of time: by the beginning of the period (a day before its hours), then by part. */
export function compareFileNames(
  a: Pick<FileName, 'period' | 'part'>,
  b: Pick<FileName, 'period' | 'part'>,
): number {
  if (a.period !== b.period) return a.period < b.period ? -1 : 1;
  return a.part - b.part;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** Whether a file of this name is closed, by what lies beside it: it is packed, or its checksum is written. */
export function isClosed(name: string, namesBeside: ReadonlySet<string>): boolean {
  return namesBeside.has(`${name}.gz`) || namesBeside.has(checksumName(name));
}

/** The name of the file that `sha256sum -c` reads, for a file. */
export function checksumName(name: string): string {
  return `${name}.CHECKSUM`;
}

const DAY_MS = 24 * HOUR_MS;
const US_PER_MS = 1000;
const GRACE_MIN_MS = 10_000;
const GRACE_MAX_MS = 300_000;

/** Numbers the periods and names them; the name of the last one is kept, since records come in the order of time. */
export class Periods {
  readonly lengthMs: number;
  readonly #nameLength: number;
  #lastIndex = NaN;
  #lastName = '';

  /** Throws a `RangeError` for a length that is not whole seconds, or does not divide a day. */
  constructor(rotation: Rotation) {
    this.lengthMs = periodMs(rotation);
    this.#nameLength = nameLengthOf(this.lengthMs);
  }

  /** Number of the period in which a moment lies, µs since the epoch. */
  index(timeUs: number): number {
    return Math.floor(timeUs / (this.lengthMs * US_PER_MS));
  }

  /** When it begins, in the letters of {@link FileName.period}. */
  name(index: number): string {
    if (index !== this.#lastIndex) {
      this.#lastIndex = index;
      const start = new Date(index * this.lengthMs).toISOString().slice(0, this.#nameLength);
      this.#lastName = start.replaceAll(':', '-');
    }
    return this.#lastName;
  }

  /**
   * The moment at which a period of this name is over, µs since the epoch; NaN for a name that is none. A name of a day
   * says its own length, so that files of another rotation, an earlier one, are understood as well; of a shorter period it
   * is the length of these, an hour at least for a name that ends with the hour.
   */
  endUs(period: string): number {
    const [date = '', time] = period.split('T');
    if (time === undefined) return (Date.parse(date) + DAY_MS) * US_PER_MS;
    const isHour = time.length === 'HH'.length;
    const start = Date.parse(`${date}T${isHour ? `${time}:00` : time.replaceAll('-', ':')}Z`);
    const hoursMs = this.lengthMs % HOUR_MS === 0 && this.lengthMs < DAY_MS ? this.lengthMs : HOUR_MS;
    return (start + (isHour ? hoursMs : this.lengthMs)) * US_PER_MS;
  }

  /** How long after its end late rows of a period are waited for: a minute an hour, from 10 s to 5 min. */
  get graceUs(): number {
    return Math.min(GRACE_MAX_MS, Math.max(GRACE_MIN_MS, this.lengthMs / 60)) * US_PER_MS;
  }
}

/** The UTC day to which a period belongs, `YYYY-MM-DD`. */
export function dateOfPeriod(period: string): string {
  return period.slice(0, 'YYYY-MM-DD'.length);
}

function periodMs(rotation: Rotation): number {
  if (rotation === 'daily') return DAY_MS;
  if (rotation === 'hourly') return HOUR_MS;
  if (rotation >= SECOND_MS && rotation % SECOND_MS === 0 && DAY_MS % rotation === 0) return rotation;
  throw new RangeError(`expected a period of whole seconds that divides a day, was ${rotation} ms`);
}

/** Periods that begin at different moments have different names, and no name says more than it must. */
function nameLengthOf(lengthMs: number): number {
  if (lengthMs === DAY_MS) return 'YYYY-MM-DD'.length;
  if (lengthMs % HOUR_MS === 0) return 'YYYY-MM-DDTHH'.length;
  return lengthMs % MINUTE_MS === 0 ? 'YYYY-MM-DDTHH-MM'.length : 'YYYY-MM-DDTHH-MM-SS'.length;
}
