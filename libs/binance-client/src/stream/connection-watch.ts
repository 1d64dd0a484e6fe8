import { byteName } from './stream-record.ts';
import type { StreamRecord } from './stream-record.ts';

/** One stream on one connection. */
export interface WatchedStream {
  readonly record: StreamRecord;
  isAcknowledged: boolean;
  /** Last data message on this connection. */
  dataAtMs: number | undefined;
}

/** Which streams a connection carries, and when it last delivered. */
export class ConnectionWatch {
  readonly #streams = new Map<string, WatchedStream>();
  /** Streams that were told to end and may still deliver until that is confirmed. */
  readonly #leaving = new Set<string>();
  #askedAtMs: number | undefined;
  dataAtMs: number | undefined;

  add(record: StreamRecord): void {
    const name = byteName(record.ref.name);
    this.#leaving.delete(name);
    if (!this.#streams.has(name))
      this.#streams.set(name, { record, isAcknowledged: false, dataAtMs: undefined });
  }

  remove(record: StreamRecord): void {
    const name = byteName(record.ref.name);
    if (this.#streams.delete(name)) this.#leaving.add(name);
  }

  /** The end of a stream is confirmed. */
  left(record: StreamRecord): void {
    this.#leaving.delete(byteName(record.ref.name));
  }

  isLeaving(name: string): boolean {
    return this.#leaving.has(name);
  }

  /** The stream of a name in bytes ({@link byteName}). */
  find(name: string): WatchedStream | undefined {
    return this.#streams.get(name);
  }

  of(record: StreamRecord): WatchedStream | undefined {
    return this.#streams.get(byteName(record.ref.name));
  }

  asked(nowMs: number): void {
    this.#askedAtMs ??= nowMs;
  }

  /**
   * How long the whole connection has delivered nothing, and the limit for that: the smallest of its streams'. A
   * connection whose streams may all be silent for ever has no limit.
   */
  silence(nowMs: number): { readonly silentMs: number; readonly limitMs: number } {
    const sinceMs = this.dataAtMs ?? this.#askedAtMs ?? nowMs;
    const isFirst = this.dataAtMs === undefined;
    let limitMs = Infinity;
    for (const { record } of this.#streams.values()) {
      const own = isFirst ? record.limits.firstFrameMs : record.limits.silenceMs;
      if (own > 0 && own < limitMs) limitMs = own;
    }
    return { silentMs: nowMs - sinceMs, limitMs };
  }

  /** Whether `successor` has delivered every stream that delivered here since `sinceMs`. */
  isCoveredBy(successor: ConnectionWatch, sinceMs: number): boolean {
    for (const [name, { record, dataAtMs }] of this.#streams) {
      const isLive = dataAtMs !== undefined && dataAtMs >= sinceMs && record.alarm === undefined;
      if (isLive && successor.find(name)?.dataAtMs === undefined) return false;
    }
    return true;
  }
}
