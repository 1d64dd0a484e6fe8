import { type FileKind, fileHeader, formatFileName, parseFileName } from '@org/storage-csv';

const CHECKSUM = '.CHECKSUM';
const MANIFEST = /^manifest_(\d{4}-\d{2}-\d{2})\.json$/;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/**
 * A name that the recorder itself gave: rows or rejected records, packed or not (`data`), the checksum of such a file
 * (`checksum`, with `of` the name of the file), or what is known of a day (`manifest`).
 */
export type StoredName =
  | { readonly type: 'data'; readonly date: string; readonly endMs: number; readonly unpackedName: string }
  | { readonly type: 'checksum'; readonly date: string; readonly endMs: number; readonly of: string }
  | { readonly type: 'manifest'; readonly date: string; readonly endMs: number };

/** Undefined for a name that is not ours, to the letter. `endMs`: when its period is over, milliseconds since the epoch. */
export function parseStoredName(name: string): StoredName | undefined {
  const manifest = MANIFEST.exec(name)?.[1];
  if (manifest !== undefined) return dated(manifest, (when) => ({ type: 'manifest', ...when }));
  if (!name.endsWith(CHECKSUM)) return parseDataName(name);
  const of = name.slice(0, -CHECKSUM.length);
  const data = parseDataName(of);
  return data === undefined ? undefined : { type: 'checksum', date: data.date, endMs: data.endMs, of };
}

export function checksumName(name: string): string {
  return `${name}${CHECKSUM}`;
}

function parseDataName(name: string): Extract<StoredName, { readonly type: 'data' }> | undefined {
  const parts = parseFileName(name);
  if (parts === undefined || (parts.kind !== 'rejected' && fileHeader(parts.kind) === undefined))
    return undefined;
  const unpackedName = formatFileName(parts.kind as FileKind, parts.period, parts.part);
  if (name !== (parts.isCompressed ? `${unpackedName}.gz` : unpackedName)) return undefined;
  return dated(parts.period, (when) => ({ type: 'data', ...when, unpackedName }));
}

/** Undefined for a day or an hour that no calendar has. */
function dated<Name>(
  period: string,
  make: (when: { readonly date: string; readonly endMs: number }) => Name,
): Name | undefined {
  const isHour = period.length > 'YYYY-MM-DD'.length;
  const startMs = Date.parse(isHour ? `${period}:00Z` : `${period}T00:00Z`);
  if (Number.isNaN(startMs) || !new Date(startMs).toISOString().startsWith(period)) return undefined;
  return make({ date: period.slice(0, 'YYYY-MM-DD'.length), endMs: startMs + (isHour ? HOUR_MS : DAY_MS) });
}
