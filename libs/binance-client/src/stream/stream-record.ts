import { Buffer } from 'node:buffer';
import { formatStreamKey, wireStreamName } from '@org/market-data';
import type { StreamKey } from '@org/market-data';
import type { StreamAlarm, StreamRef } from './stream-events.ts';

/** How long a stream may deliver nothing, milliseconds; 0 is for ever. */
export interface SilenceLimits {
  readonly silenceMs: number;
  readonly firstFrameMs: number;
}

export function streamRef(key: StreamKey): StreamRef {
  return { key: formatStreamKey(key), name: wireStreamName(key), symbol: key.symbol, stream: key.stream };
}

/** A name as its UTF-8 bytes, one character a byte: comparing it with a frame needs no decoding of the frame. */
export function byteName(name: string): string {
  return Buffer.from(name, 'utf8').toString('latin1');
}

/** What is known of one stream over all its connections. */
export class StreamRecord {
  readonly ref: StreamRef;
  readonly limits: SilenceLimits;
  events = 0;
  dataAtMs: number | undefined;
  alarm: StreamAlarm | undefined;
  /** One attempt for each silence: a stream that does not exist is not asked for over and over. */
  wasResubscribed = false;
  #waitingSinceMs: number;
  #wasAsked = false;
  #alarmedAtMs = -Infinity;

  constructor(ref: StreamRef, limits: SilenceLimits, nowMs: number) {
    this.ref = ref;
    this.limits = limits;
    this.#waitingSinceMs = nowMs;
  }

  /** The first frame is due from the moment the stream is first asked for. */
  asked(nowMs: number): void {
    if (!this.#wasAsked) this.#waitingSinceMs = nowMs;
    this.#wasAsked = true;
  }

  /** Counts a data message; returns how long the stream was silent when that ends an alarm. */
  data(nowMs: number): number | undefined {
    const silentMs = this.alarm === undefined ? undefined : nowMs - this.#sinceMs();
    this.events++;
    this.dataAtMs = nowMs;
    if (silentMs !== undefined) {
      this.alarm = undefined;
      this.#alarmedAtMs = -Infinity;
      this.wasResubscribed = false;
    }
    return silentMs;
  }

  /** The alarm to raise now, if one is due. */
  check(nowMs: number, connectionId: number): StreamAlarm | undefined {
    const isFirst = this.dataAtMs === undefined;
    const limitMs = isFirst ? this.limits.firstFrameMs : this.limits.silenceMs;
    const silentMs = nowMs - this.#sinceMs();
    if (limitMs === 0 || silentMs < limitMs || nowMs - this.#alarmedAtMs < limitMs) return undefined;
    const type = isFirst ? 'first-frame-missing' : 'silent';
    this.alarm = { type, stream: this.ref, silentMs, limitMs, connectionId };
    this.#alarmedAtMs = nowMs;
    return this.alarm;
  }

  #sinceMs(): number {
    return this.dataAtMs ?? this.#waitingSinceMs;
  }
}
