/** What is known of the servers and of the stream. */
export interface ServerFacts {
  readonly version: string;
  readonly storage: 'file' | 'memory';
  readonly replicas: number;
  readonly discard: 'new' | 'old';
  readonly maxAgeMs: number;
  /** The operator says that the servers run with `sync_interval: always`; no client can see it. */
  readonly isSyncedAlways: boolean;
  /** The operator says that the copies do not lose their power together. */
  readonly areCopiesApart: boolean;
}

/**
 * - `VERSION_LOSES_STREAMS`: before 2.10.23 a kill alone can lose a whole stream (nats-server issue 6888).
 * - `VERSION_UNKNOWN`: it says something else than `major.minor.patch`.
 * - `NOT_SYNCED`: one copy, and nobody says `sync_interval: always`; a power cut takes what was acknowledged.
 * - `COPIES_NOT_APART`: several copies, not synced, and nobody says that they do not lose power together.
 * - `IN_MEMORY`: a restart of the server takes everything.
 * - `DISCARDS_OLD`, `AGES_OUT`: the server drops messages that nobody has read.
 */
export type ServerDoubt =
  | 'VERSION_LOSES_STREAMS'
  | 'VERSION_UNKNOWN'
  | 'NOT_SYNCED'
  | 'COPIES_NOT_APART'
  | 'IN_MEMORY'
  | 'DISCARDS_OLD'
  | 'AGES_OUT';

export interface ServerReport {
  readonly version: string;
  /** Whether an acknowledged message survives a power cut. When not, only journals may be trusted, and they are. */
  readonly isAckDurable: boolean;
  readonly reasons: readonly { readonly code: ServerDoubt; readonly text: string }[];
}

type Version = Pick<ServerFacts, 'version'>;

const VERSION_TEXTS = {
  VERSION_LOSES_STREAMS: ({ version }: Version) =>
    `server ${version}: before 2.10.23 a kill of the server can lose a stream`,
  VERSION_UNKNOWN: ({ version }: Version) =>
    `server version ${JSON.stringify(version)}: expected major.minor.patch`,
} as const;

const TEXTS: Record<ServerDoubt, (facts: ServerFacts) => string> = {
  ...VERSION_TEXTS,
  NOT_SYNCED: () => 'one copy without sync_interval: always: a power cut takes acknowledged messages',
  COPIES_NOT_APART: ({ replicas }) =>
    `${replicas} copies that may lose power together, without sync_interval: always`,
  IN_MEMORY: () => 'the stream is in memory: a restart of the server takes it',
  DISCARDS_OLD: () => 'a full stream discards its oldest messages, read or not',
  AGES_OUT: ({ maxAgeMs }) => `messages are discarded after ${maxAgeMs} ms, read or not`,
};

const SAFE_VERSION = [2, 10, 23] as const;

/** A pure judgement; sources: Jepsen's report on NATS 2.12.1 and the NATS documentation (seen 2026-11-22). */
export function judgeServer(facts: ServerFacts): ServerReport {
  const doubts: ServerDoubt[] = versionDoubts(facts.version);
  if (facts.storage === 'memory') doubts.push('IN_MEMORY');
  else if (!facts.isSyncedAlways) {
    if (facts.replicas < 3) doubts.push('NOT_SYNCED');
    else if (!facts.areCopiesApart) doubts.push('COPIES_NOT_APART');
  }
  if (facts.discard === 'old') doubts.push('DISCARDS_OLD');
  if (facts.maxAgeMs > 0) doubts.push('AGES_OUT');
  const reasons = doubts.map((code) => ({ code, text: TEXTS[code](facts) }));
  return { version: facts.version, isAckDurable: doubts.length === 0, reasons };
}

/** What is wrong with a version, whatever is asked of the server. */
export function judgeVersion(version: string): ServerReport['reasons'] {
  return versionDoubts(version).map((code) => ({ code, text: VERSION_TEXTS[code]({ version }) }));
}

function versionDoubts(text: string): (keyof typeof VERSION_TEXTS)[] {
  const version = parseVersion(text);
  if (version === undefined) return ['VERSION_UNKNOWN'];
  return isBefore(version, SAFE_VERSION) ? ['VERSION_LOSES_STREAMS'] : [];
}

function parseVersion(text: string): readonly number[] | undefined {
  const parts = /^(\d+)\.(\d+)\.(\d+)/.exec(text);
  return parts === null ? undefined : parts.slice(1).map(Number);
}

function isBefore(version: readonly number[], other: readonly number[]): boolean {
  const index = other.findIndex((part, at) => part !== version[at]);
  return index !== -1 && version[index]! < other[index]!;
}
