import { Buffer } from 'node:buffer';
import type { StreamMessage } from '../market-source.ts';

type Level = readonly [price: string, quantity: string];

/** What of a depth diff matters to its joining with others; all other keys stay as they came. */
interface DepthData {
  readonly E: number;
  readonly U: number;
  readonly u: number;
  /** Absent on spot. */
  readonly pu?: number;
  readonly b: readonly Level[];
  readonly a: readonly Level[];
}

/** A depth diff and the message that brought it. */
export interface DepthEvent {
  readonly message: StreamMessage;
  readonly data: DepthData;
}

function isDepthData(value: unknown): value is DepthData {
  const data = value as Partial<DepthData> | null;
  return (
    typeof data === 'object' &&
    data !== null &&
    [data.E, data.U, data.u, data.pu ?? 0].every(Number.isSafeInteger) &&
    Array.isArray(data.b) &&
    Array.isArray(data.a)
  );
}

/** Reads a depth diff; undefined for what is none, which is then best sent as it is. */
export function readDepthEvent(message: StreamMessage): DepthEvent | undefined {
  const { frame, dataStart } = message;
  try {
    const data: unknown = JSON.parse(frame.toString('utf8', dataStart, frame.length - 1));
    return isDepthData(data) ? { message, data } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether nothing is missing between the two: by `pu`, on spot by `U`. */
export function follows(previous: DepthEvent, next: DepthEvent): boolean {
  const { pu, U } = next.data;
  return pu === undefined ? U === previous.data.u + 1 : pu === previous.data.u;
}

/**
 * One event that says what several said one after the other: `U` and `pu` of the first, everything else of the last,
 * and of each level the last quantity. Keys stand in the order of the last event, levels in that of the exchange.
 */
export function mergeDepthEvents(events: readonly DepthEvent[]): StreamMessage {
  const first = events[0]!.data;
  const { message, data } = events.at(-1)!;
  const merged = {
    ...data,
    U: first.U,
    ...(first.pu === undefined ? {} : { pu: first.pu }),
    b: mergeSide(events, 'b'),
    a: mergeSide(events, 'a'),
  };
  const head = message.frame.subarray(0, message.dataStart);
  return { ...message, frame: Buffer.concat([head, Buffer.from(`${JSON.stringify(merged)}}`)]) };
}

/** Prices rise within a message, but the bids of spot fall: recordings of 2021 and 2024. */
function mergeSide(events: readonly DepthEvent[], side: 'a' | 'b'): Level[] {
  const quantities = new Map<string, string>();
  for (const { data } of events) for (const [price, quantity] of data[side]) quantities.set(price, quantity);
  const sign = side === 'b' && events[0]!.data.pu === undefined ? -1 : 1;
  return [...quantities].sort((one, other) => sign * (Number(one[0]) - Number(other[0])));
}
