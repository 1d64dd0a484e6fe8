import type { ClusterConfig } from '@org/config';
import type {
  ForwarderReport,
  PartitionFollowerReport,
  PartitionWriterReport,
  SinkBacklogReport,
} from '../control/messages.ts';

/** What a machine is among others. */
export interface ClusterPlace {
  readonly config: Pick<ClusterConfig, 'role' | 'name' | 'servers' | 'partitions'>;
  readonly node: string;
}

export interface ForwarderStatus {
  /** What writers have not committed, kept in the journal, and how long ago they committed something, if there is any. */
  readonly backlogBytes: number;
  readonly backlogAgeMs: number;
  /** How often the disk had no room for it: gaps. */
  readonly drops: number;
  readonly committedPosition: number;
  readonly readPosition: number;
  readonly messages: number;
  readonly bytes: number;
  readonly retries: number;
  /** Readings that began again because a writer missed something. */
  readonly rewinds: number;
}

export interface WrittenPartition {
  readonly partition: number;
  readonly generation: number;
  readonly committedSequence: number;
  /** Age of the latest record; null before the first. */
  readonly lagMs: number | null;
  /** Rows are held, as one collector misses something that another one may bring. */
  readonly isWaiting: boolean;
  readonly heldBytes: number;
}

export interface PartitionWriterStatus {
  readonly partitions: readonly WrittenPartition[];
  /** Those of others of which the local files may hold rows that were never confirmed. */
  readonly unsettled: readonly number[];
  /** Those whose local files cannot be used until somebody looks at them. */
  readonly refused: readonly number[];
  /** Since the process began, as all counts are; rows that were undone and stored again count again. */
  readonly rows: number;
  readonly gaps: number;
  readonly commits: number;
  readonly messages: number;
  readonly bytes: number;
  readonly repeats: number;
  readonly holes: number;
  readonly undone: number;
  /** How often too much was held to wait any longer: perhaps gaps. */
  readonly overflows: number;
  readonly lostLeases: number;
  readonly retries: number;
}

/** What a machine that keeps books has read of all partitions. */
export interface FollowerStatus {
  readonly partitions: number;
  /** Those of which the end was found, and everything that comes is read. */
  readonly reading: number;
  /** Age of the latest record of all; null before the first. */
  readonly lagMs: number | null;
  readonly messages: number;
  readonly bytes: number;
  readonly repeats: number;
  /** Frames that did not join what was read before. */
  readonly leaps: number;
  /** Of depth streams: each cost a book a new snapshot. */
  readonly breaks: number;
  /** Snapshots that books wanted. */
  readonly wishes: number;
  readonly malformed: number;
  readonly retries: number;
}

/** `cluster` of the status; null where one machine does everything. */
export interface ClusterStatus {
  readonly role: 'collector' | 'writer' | 'order-book';
  readonly name: string;
  readonly node: string;
  readonly servers: readonly string[];
  /** Why it is not getting on; null while it is. */
  readonly problem: string | null;
  /** Null where there is none, or none that has said something. */
  readonly forwarder: ForwarderStatus | null;
  readonly writer: PartitionWriterStatus | null;
  readonly follower: FollowerStatus | null;
}

/** What is known at a moment: the latest reports of those that speak with other machines, and what waits for the forwarder. */
export interface ClusterView {
  readonly forwarder: ForwarderReport | undefined;
  readonly writer: PartitionWriterReport | undefined;
  readonly follower: PartitionFollowerReport | undefined;
  readonly backlog: SinkBacklogReport | undefined;
  readonly nowMs: number;
}

export function clusterStatus(place: ClusterPlace | undefined, view: ClusterView): ClusterStatus | null {
  if (place === undefined || place.config.role === 'all') return null;
  const { role, name, servers } = place.config;
  return {
    role,
    name,
    node: place.node,
    servers,
    problem: problemOf(view) ?? null,
    forwarder: forwarderStatus(view),
    writer: writerStatus(view),
    follower: followerStatus(view),
  };
}

function problemOf({ forwarder, writer, follower, backlog }: ClusterView): string | undefined {
  return forwarder?.problem ?? writer?.problem ?? follower?.problem ?? backlog?.refusal;
}

/** Beyond it somebody should look, although the journal keeps everything. */
const BACKLOG_AGE_MAX_MS = 30_000;
/** Books are behind, or the clocks of this machine and the collectors differ. */
const LAG_MAX_MS = 30_000;

/** What is wrong and keeps a collector from nothing; of a writer it is an obstacle. */
export function clusterConcerns(cluster: ClusterStatus | null): string[] {
  if (cluster === null) return [];
  const { role, problem, forwarder, writer, follower } = cluster;
  const kept = `${forwarder?.backlogBytes ?? 0} bytes are in the journal`;
  const concerns: string[] = [];
  if (role === 'collector' && problem !== null)
    concerns.push(`forwarder: ${problem}; recording goes on, ${kept}`);
  else if (forwarder !== null && forwarder.backlogAgeMs > BACKLOG_AGE_MAX_MS)
    concerns.push(`forwarder: no writer has committed anything for ${forwarder.backlogAgeMs} ms; ${kept}`);
  if (forwarder !== null && forwarder.drops > 0)
    concerns.push(`forwarder: the disk had no room for what was not forwarded (${forwarder.drops} times)`);
  for (const partition of writer?.refused ?? [])
    concerns.push(`partition ${partition}: its files here are not what was confirmed; others write it`);
  if (follower !== null && problem === null) concerns.push(...followerConcerns(follower));
  return concerns;
}

function followerConcerns({ lagMs }: FollowerStatus): string[] {
  if (lagMs === null) return ['books: no collector has forwarded anything since this machine began'];
  return lagMs > LAG_MAX_MS ? [`books: the latest that collectors have forwarded is ${lagMs} ms old`] : [];
}

/** Why a machine that does nothing without the servers does nothing. */
export function clusterObstacles(cluster: ClusterStatus | null): string[] {
  if (cluster === null || cluster.role === 'collector') return [];
  if (cluster.problem !== null) return [`servers: ${cluster.problem}`];
  const { partitions = 0, reading = 0 } = cluster.follower ?? {};
  return reading < partitions ? [`servers: ${reading} of ${partitions} partitions are read`] : [];
}

function forwarderStatus({ forwarder, backlog }: ClusterView): ForwarderStatus | null {
  if (forwarder === undefined) return null;
  const { messages = 0, bytes = 0, retries = 0, rewinds = 0 } = forwarder.forwarded ?? {};
  return {
    backlogBytes: backlog?.keptBytes ?? 0,
    backlogAgeMs: forwarder.uncommittedForMs,
    drops: backlog?.drops ?? 0,
    committedPosition: forwarder.forwarded?.committedPosition ?? 0,
    readPosition: forwarder.forwarded?.readPosition ?? 0,
    messages,
    bytes,
    retries,
    rewinds,
  };
}

function writerStatus({ writer, nowMs }: ClusterView): PartitionWriterStatus | null {
  if (writer === undefined) return null;
  const { partitions, unsettled, refused, ...counters } = writer.written;
  const { commits, messages, bytes, repeats, holes, undone, overflows, lostLeases, retries } = counters;
  return {
    partitions: partitions.map(
      ({ partition, generation, committedSequence, latestReceiptUs, isWaiting, heldBytes }) => ({
        partition,
        generation,
        committedSequence,
        isWaiting,
        heldBytes,
        lagMs: lagOf(latestReceiptUs, nowMs),
      }),
    ),
    unsettled,
    refused,
    rows: writer.rows,
    gaps: Object.values(writer.gaps).reduce((sum, gaps) => sum + gaps, 0),
    commits,
    messages,
    bytes,
    repeats,
    holes,
    undone,
    overflows,
    lostLeases,
    retries,
  };
}

function followerStatus({ follower, nowMs }: ClusterView): FollowerStatus | null {
  if (follower === undefined) return null;
  const { partitions, messages, bytes, repeats, leaps, breaks, wishes, malformed, retries } =
    follower.followed;
  const latestReceiptUs = Math.max(0, ...partitions.map((partition) => partition.latestReceiptUs));
  return {
    partitions: partitions.length,
    reading: partitions.filter(({ sequence }) => sequence !== undefined).length,
    lagMs: lagOf(latestReceiptUs, nowMs),
    messages, bytes, repeats, leaps, breaks, wishes, malformed, retries,
  }; // prettier-ignore
}

/** Null before the first record. */
function lagOf(latestReceiptUs: number, nowMs: number): number | null {
  return latestReceiptUs > 0 ? Math.max(0, Math.round(nowMs - latestReceiptUs / 1000)) : null;
}
