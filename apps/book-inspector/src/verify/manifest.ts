/** What a manifest says of one file; what it does not say, or says in another form, is undefined. */
export interface ManifestEntry {
  readonly name: string;
  readonly rows: number | undefined;
  /** Of the content, not packed. */
  readonly bytes: number | undefined;
  readonly sha256: string | undefined;
  readonly packedBytes: number | undefined;
  readonly packedSha256: string | undefined;
  /** Of the first and the last row in the order of arrival. */
  readonly firstId: number | undefined;
  readonly lastId: number | undefined;
  /** Receipts, µs since the epoch. */
  readonly firstTimeUs: number | undefined;
  readonly lastTimeUs: number | undefined;
}

/** A sum over all files, as the manifest says it and as its files add up. */
export interface ManifestSum {
  readonly said: number | undefined;
  readonly found: number;
}

export interface Manifest {
  readonly symbol: string | undefined;
  readonly entries: readonly ManifestEntry[];
  readonly rows: ManifestSum;
  readonly bytes: ManifestSum;
  /** How many gaps it names; undefined where it does not. */
  readonly gaps: number | undefined;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads a manifest of version 1, and passes over keys that it does not know. Undefined when the text is none. It is read
 * with code of its own: what wrote it may be what is wrong.
 */
export function parseManifest(text: string): Manifest | undefined {
  const json = parseObject(text);
  if (json?.['version'] !== 1 || !Array.isArray(json['files'])) return undefined;
  const entries = (json['files'] as unknown[]).map(entryOf);
  if (entries.includes(undefined)) return undefined;
  const { symbol } = json;
  const sum = (key: string): ManifestSum => ({
    said: countOf(json[key]),
    found: (json['files'] as Json[]).reduce((total, file) => total + (countOf(file[key]) ?? 0), 0),
  });
  return {
    symbol: typeof symbol === 'string' ? symbol : undefined,
    entries: entries as ManifestEntry[],
    rows: sum('rows'),
    bytes: sum('bytes'),
    gaps: countOf(objectOf(json['gaps'])['total']),
  };
}

function entryOf(value: unknown): ManifestEntry | undefined {
  const json = objectOf(value);
  const { name } = json;
  if (typeof name !== 'string' || name === '' || name.includes('/')) return undefined;
  const [first, last, packed] = [objectOf(json['first']), objectOf(json['last']), objectOf(json['packed'])];
  const unfinished = (countOf(json['unfinishedBytes']) ?? 0) > 0 ? 1 : 0;
  const rows = countOf(json['rows']);
  return {
    name,
    // A row that was not finished is a line to the one who packed the file, and no row.
    rows: rows === undefined ? undefined : rows - unfinished,
    bytes: countOf(json['bytes']),
    sha256: sha256Of(json['sha256']),
    packedBytes: countOf(packed['bytes']),
    packedSha256: sha256Of(packed['sha256']),
    firstId: countOf(first['id']),
    lastId: countOf(last['id']),
    firstTimeUs: countOf(first['localTime']),
    lastTimeUs: countOf(last['localTime']),
  };
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function parseObject(text: string): Json | undefined {
  try {
    return objectOf(JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

function countOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

function sha256Of(value: unknown): string | undefined {
  return typeof value === 'string' ? value.toLowerCase() : undefined;
}
