import { FrameError, type FrameFields, scanFrame, SLOT } from '@org/binance-wire';

/** What proves that klines join: which bar an event belongs to. */
export interface Bar {
  readonly openTime: number;
  /** Close minus open plus one: exact for the one-month bar as well. */
  readonly intervalMs: number;
  readonly isClosed: boolean;
}

const TRUE_STARTS = 0x74;

/** The bar of a kline frame; undefined when the frame does not say which it is. */
export function readBar(frame: Uint8Array, fields: FrameFields): Bar | undefined {
  try {
    if (scanFrame(frame, fields) !== 'kline') return undefined;
    const openTime = fields.integer(SLOT['k.t']);
    const intervalMs = fields.integer(SLOT['k.T']) - openTime + 1;
    const isClosed = fields.has(SLOT['k.x']) && fields.bytes[fields.starts[SLOT['k.x']]!] === TRUE_STARTS;
    return intervalMs > 0 ? { openTime, intervalMs, isClosed } : undefined;
  } catch (error) {
    if (error instanceof FrameError) return undefined;
    throw error;
  }
}
