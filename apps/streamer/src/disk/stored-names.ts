import { type FileKind, fileHeader, formatFileName, parseFileName, type Periods } from '@org/storage-csv';

const CHECKSUM = '.CHECKSUM';
/** The second name is that of a writer among several. */
const MANIFEST = /^manifest_(\d{4}-\d{2}-\d{2})(?:\.[\w-]{1,64})?\.json$/;
const PARQUET = /^([a-z]+)_(\d{4}-\d{2}-\d{2})\.parquet$/;
const US_PER_MS = 1000;

/**
 * A name that the recorder itself gave: rows or rejected records, packed or not (`data`), the checksum of such a file
 * (`checksum`, with `of` the name of the file), or what is known of a day (`manifest`).
 */
export type StoredName =
  | { readonly type: 'data'; readonly date: string; readonly endMs: number; readonly unpackedName: string }
  | { readonly type: 'checksum'; readonly date: string; readonly endMs: number; readonly of: string }
  | { readonly type: 'manifest'; readonly date: string; readonly endMs: number };

/**
 * Undefined for a name that is not ours, to the letter. `endMs`: when its period is over, milliseconds since the epoch;
 * `periods` say how long those last that are shorter than a day.
 */
export function parseStoredName(name: string, periods: Periods): StoredName | undefined {
  const manifest = MANIFEST.exec(name)?.[1];
  if (manifest !== undefined) return dated(manifest, periods, (when) => ({ type: 'manifest', ...when }));
  if (!name.endsWith(CHECKSUM)) return parseParquetName(name, periods) ?? parseDataName(name, periods);
  const of = name.slice(0, -CHECKSUM.length);
  const data = parseDataName(of, periods);
  return data === undefined ? undefined : { type: 'checksum', date: data.date, endMs: data.endMs, of };
}

export function checksumName(name: string): string {
  return `${name}${CHECKSUM}`;
}

/** Whether the name, one of ours, is that of a manifest. */
export function isManifestName(name: string): boolean {
  return MANIFEST.test(name);
}

/** What a day was compacted to goes with the day. */
function parseParquetName(
  name: string,
  periods: Periods,
): Extract<StoredName, { readonly type: 'data' }> | undefined {
  const [, kind, date] = PARQUET.exec(name) ?? [];
  if (date === undefined || fileHeader(kind!) === undefined) return undefined;
  return dated(date, periods, (when) => ({ type: 'data', ...when, unpackedName: name }));
}

function parseDataName(
  name: string,
  periods: Periods,
): Extract<StoredName, { readonly type: 'data' }> | undefined {
  const parts = parseFileName(name);
  if (parts === undefined || (parts.kind !== 'rejected' && fileHeader(parts.kind) === undefined))
    return undefined;
  const unpackedName = formatFileName(parts.kind as FileKind, parts.period, parts.part);
  if (name !== (parts.isCompressed ? `${unpackedName}.gz` : unpackedName)) return undefined;
  return dated(parts.period, periods, (when) => ({ type: 'data', ...when, unpackedName }));
}

/** Undefined for a moment that no calendar has. */
function dated<Name>(
  period: string,
  periods: Periods,
  make: (when: { readonly date: string; readonly endMs: number }) => Name,
): Name | undefined {
  const [date = '', time = '00'] = period.split('T');
  const isHour = time.length === 'HH'.length;
  const startMs = Date.parse(`${date}T${time.replaceAll('-', ':')}${isHour ? ':00' : ''}Z`);
  if (Number.isNaN(startMs)) return undefined;
  const start = new Date(startMs).toISOString().replaceAll(':', '-');
  return start.startsWith(period) ? make({ date, endMs: periods.endUs(period) / US_PER_MS }) : undefined;
}
