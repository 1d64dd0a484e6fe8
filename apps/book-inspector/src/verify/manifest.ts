/** What a manifest says about one file; what it does not say, or says in another form, is undefined. */
export interface ManifestEntry {
  readonly name: string;
  readonly rows: number | undefined;
  readonly rawBytes: number | undefined;
  readonly bytes: number | undefined;
  readonly rawSha256: string | undefined;
  readonly sha256: string | undefined;
  readonly firstId: number | undefined;
  readonly lastId: number | undefined;
  readonly firstTimeMs: number | undefined;
  readonly lastTimeMs: number | undefined;
  /** Receipts, µs since the epoch. */
  readonly firstTimeUs: number | undefined;
  readonly lastTimeUs: number | undefined;
}

export interface Manifest {
  readonly symbol: string | undefined;
  readonly entries: readonly ManifestEntry[];
  /** How many gaps it names; undefined where it does not. */
  readonly gaps: number | undefined;
}

type Json = Readonly<Record<string, unknown>>;

/** Reads a manifest of version 1, and passes over keys that it does not know. Undefined when the text is none. */
export function parseManifest(text: string): Manifest | undefined {
  const json = parseObject(text);
  if (json === undefined || !Array.isArray(json['files'])) return undefined;
  const entries = (json['files'] as unknown[]).map(entryOf);
  if (entries.includes(undefined)) return undefined;
  const { symbol, gaps } = json;
  return {
    symbol: typeof symbol === 'string' ? symbol : undefined,
    entries: entries as ManifestEntry[],
    gaps: Array.isArray(gaps) ? gaps.length : (countOf(gaps) ?? countOf(objectOf(gaps)['total'])),
  };
}

function entryOf(value: unknown): ManifestEntry | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const json = value as Json;
  const { name } = json;
  if (typeof name !== 'string' || name === '' || name.includes('/')) return undefined;
  const first = objectOf(json['first']);
  const last = objectOf(json['last']);
  const unfinished = (countOf(json['unfinishedBytes']) ?? 0) > 0 ? 1 : 0;
  const rows = countOf(json['rows']);
  return {
    name,
    // A row that was not finished is a line to the one who packed the file, and no row.
    rows: rows === undefined ? undefined : rows - unfinished,
    ...sizesOf(json),
    firstId: countOf(json['firstId']) ?? countOf(first['id']),
    lastId: countOf(json['lastId']) ?? countOf(last['id']),
    firstTimeMs: countOf(json['firstTimeMs']),
    lastTimeMs: countOf(json['lastTimeMs']),
    firstTimeUs: countOf(first['localTime']),
    lastTimeUs: countOf(last['localTime']),
  };
}

/** Either the content is called raw, or what it was packed to stands in an object of its own. */
function sizesOf(json: Json): Pick<ManifestEntry, 'rawBytes' | 'bytes' | 'rawSha256' | 'sha256'> {
  const isRawNamed = 'rawBytes' in json || 'rawSha256' in json;
  const [raw, stored] = isRawNamed
    ? [{ bytes: json['rawBytes'], sha256: json['rawSha256'] }, json]
    : [json as { bytes?: unknown; sha256?: unknown }, objectOf(json['packed'])];
  return {
    rawBytes: countOf(raw.bytes),
    rawSha256: sha256Of(raw.sha256),
    bytes: countOf(stored['bytes']),
    sha256: sha256Of(stored['sha256']),
  };
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function parseObject(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Json) : undefined;
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
