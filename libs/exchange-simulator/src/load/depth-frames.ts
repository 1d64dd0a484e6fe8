import { Buffer } from 'node:buffer';
import type { StreamMessage } from '../market-source.ts';
import type { CycleEvent } from './depth-cycle.ts';
import type { FrameArena } from './frame-arena.ts';

/** Times of 2001 to 2286 in milliseconds, and ids that are counted from times. */
export const TIME_DIGITS = 13;
const ID_DIGITS = 14;
const HALF = 10_000_000;
const ZERO = 0x30;

/** Ids and times of an event. */
export interface DepthStamp {
  readonly eventTimeMs: number;
  readonly firstUpdateId: number;
  readonly finalUpdateId: number;
  readonly previousFinalUpdateId: number;
}

/** Writes the last `count` digits of a number below 2^31 that end before `end`. */
function writeSmall(bytes: Buffer, end: number, count: number, value: number): void {
  let left = value | 0;
  for (let at = end - 1; at >= end - count; at--) {
    const rest = (left / 10) | 0;
    bytes[at] = ZERO + left - rest * 10;
    left = rest;
  }
}

/** Two halves of seven digits each are small integers, which divide at a fifth of the price of large numbers. */
function writeDigits(bytes: Buffer, at: number, digits: number, value: number): void {
  const high = Math.floor(value / HALF);
  writeSmall(bytes, at + digits - 7, digits - 7, high);
  writeSmall(bytes, at + digits, 7, value - high * HALF);
}

/** The frames of one depth stream: its head with the numbers written over, and the levels of an event behind it. */
export class DepthFrames {
  readonly stream: string;
  readonly #symbol: string;
  readonly #dataStart: number;
  readonly #head: Buffer;
  readonly #places: readonly number[];

  constructor(symbol: string, speed: string) {
    this.stream = `${symbol.toLowerCase()}@${speed}`;
    this.#symbol = symbol;
    const [time, id] = ['0'.repeat(TIME_DIGITS), '0'.repeat(ID_DIGITS)];
    const envelope = `{"stream":"${this.stream}","data":`;
    const head =
      `${envelope}{"e":"depthUpdate","E":${time},"T":${time},"s":"${symbol}","ps":"${symbol}",` +
      `"U":${id},"u":${id},"pu":${id},`;
    this.#dataStart = Buffer.byteLength(envelope);
    this.#head = Buffer.from(head);
    this.#places = ['"E":', '"T":', '"U":', '"u":', '"pu":'].map(
      (key) => this.#head.indexOf(key, this.#dataStart) + key.length,
    );
  }

  /** The event as a message of this stream. */
  message(arena: FrameArena, event: CycleEvent, stamp: DepthStamp): StreamMessage {
    const head = this.#head;
    const frame = arena.take(head.length + event.tail.length);
    frame.set(head);
    frame.set(event.tail, head.length);
    const [E, T, U, u, pu] = this.#places as [number, number, number, number, number];
    writeDigits(frame, E, TIME_DIGITS, stamp.eventTimeMs);
    writeDigits(frame, T, TIME_DIGITS, stamp.eventTimeMs - 1);
    writeDigits(frame, U, ID_DIGITS, stamp.firstUpdateId);
    writeDigits(frame, u, ID_DIGITS, stamp.finalUpdateId);
    writeDigits(frame, pu, ID_DIGITS, stamp.previousFinalUpdateId);
    return {
      stream: this.stream,
      symbol: this.#symbol,
      frame,
      dataStart: this.#dataStart,
      id: stamp.finalUpdateId,
    };
  }
}
