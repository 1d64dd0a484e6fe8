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
    gaps: Array.isArray(gaps) ? gaps.length : countOf(gaps),
  };
}

function entryOf(value: unknown): ManifestEntry | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const json = value as Json;
  const { name } = json;
  if (typeof name !== 'string' || name === '' || name.includes('/')) return undefined;
  return {
    name,
    rows: countOf(json['rows']),
    rawBytes: countOf(json['rawBytes']),
    bytes: countOf(json['bytes']),
    rawSha256: sha256Of(json['rawSha256']),
    sha256: sha256Of(json['sha256']),
    firstId: countOf(json['firstId']),
    lastId: countOf(json['lastId']),
    firstTimeMs: countOf(json['firstTimeMs']),
    lastTimeMs: countOf(json['lastTimeMs']),
  };
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
