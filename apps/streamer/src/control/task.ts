import type { StreamerConfig } from '@org/config';
import type { BookPlan } from './messages.ts';
import type { RecorderSockets } from './recorder-sockets.ts';

/** The environment variable that makes this program a child with a role instead of a command. */
export const TASK_VARIABLE = 'STREAMER_TASK';

interface TaskBase extends RecorderSockets {
  /** Names the child in logs and status, for example `writer` or `worker-2`. */
  readonly id: string;
  /** Names what it sends to the writer: no other process that may be alive at the same time has the same. */
  readonly lane: string;
  /** Counts the lives of this child: 1 for the first. */
  readonly incarnation: number;
  /** Numbers this life of the lane: greater than every one before, so that its batches are never taken for repeats. */
  readonly epoch: number;
  readonly config: StreamerConfig;
  /** Real path of the output folder. */
  readonly outputPath: string;
}

export interface WriterTask extends TaskBase {
  readonly role: 'writer';
}

export interface OrderBookTask extends TaskBase {
  readonly role: 'order-book';
  readonly books: BookPlan;
}

export interface WorkerTask extends TaskBase {
  readonly role: 'worker';
  readonly symbols: readonly string[];
  /** Which of the redundant lines this worker is. */
  readonly line: number;
}

/** Formats that are stored by a process of their own. */
export const SINK_FORMATS = ['postgres', 'influx', 'nats'] as const;
export type SinkFormat = (typeof SINK_FORMATS)[number];

export interface SinkTask extends TaskBase {
  readonly role: 'sink';
  /** What it stores, and its name at the writer. */
  readonly format: SinkFormat;
}

/** The forwarder's name at the writer. */
export const FORWARDER = 'forwarder';

export interface ForwarderTask extends TaskBase {
  readonly role: 'forwarder';
}

export interface PartitionWriterTask extends TaskBase {
  readonly role: 'partition-writer';
}

export interface PartitionFollowerTask extends TaskBase {
  readonly role: 'partition-follower';
}

/** Those that the configuration asks for. */
export function sinkFormats({
  storage: { formats },
}: Pick<StreamerConfig, 'storage'>): readonly SinkFormat[] {
  return SINK_FORMATS.filter((format) => formats.includes(format));
}

/** Everything that a child needs to know, handed over once, when it starts. */
export type Task =
  | WriterTask
  | OrderBookTask
  | WorkerTask
  | SinkTask
  | ForwarderTask
  | PartitionWriterTask
  | PartitionFollowerTask;

export type ChildRole = Task['role'];

/** Those who follow the journal from processes of their own, by the names that they have at the writer. */
export function followerNames(config: Pick<StreamerConfig, 'storage' | 'cluster'>): readonly string[] {
  return config.cluster.role === 'collector' ? [FORWARDER] : sinkFormats(config);
}

/** Whether it follows the journal from a process of its own, and holds up nobody. */
export function isFollower(role: string): boolean {
  return role === 'sink' || role === 'forwarder';
}
