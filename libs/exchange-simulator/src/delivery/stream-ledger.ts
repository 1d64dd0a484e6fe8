import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import type { StreamMessage } from '../market-source.ts';
import type { StreamReport } from './sent-report.ts';

interface Entry {
  frames: number;
  bytes: number;
  readonly hash: Hash;
  firstId: number | undefined;
  lastId: number | undefined;
  dropped: number;
  damaged: number;
}

/** Adds up, stream by stream, what reached somebody and what did not. */
export class StreamLedger {
  readonly #entries = new Map<string, Entry>();

  sent(message: StreamMessage): void {
    const entry = this.#entry(message.stream);
    entry.frames++;
    entry.bytes += message.frame.length;
    entry.hash.update(message.frame);
    entry.firstId ??= message.id;
    entry.lastId = message.id ?? entry.lastId;
  }

  lost(message: StreamMessage, how: 'dropped' | 'damaged'): void {
    this.#entry(message.stream)[how]++;
  }

  report(): Record<string, StreamReport> {
    const streams = [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(
      streams.map(([stream, { hash, ...counts }]) => [
        stream,
        { ...counts, sha256: hash.copy().digest('hex') },
      ]),
    );
  }

  #entry(stream: string): Entry {
    let entry = this.#entries.get(stream);
    if (entry === undefined) {
      entry = {
        frames: 0,
        bytes: 0,
        hash: createHash('sha256'),
        firstId: undefined,
        lastId: undefined,
        dropped: 0,
        damaged: 0,
      };
      this.#entries.set(stream, entry);
    }
    return entry;
  }
}
