import { Buffer } from 'node:buffer';
import {
  decodeBookTicker,
  FrameError,
  FrameFields,
  scanDepthSnapshot,
  scanFrame,
  SLOT,
} from '@org/binance-wire';
import { captureSymbol, readCaptureLines, type CaptureLine, type CaptureReadOptions } from '@org/storage';
import { StorageCsvError } from '../errors.ts';
import type { BookTickerMessage, DepthMessage, DepthReadOptions } from './depth-message.ts';
import { decodeRawDepth, newRawDepth, type DepthVisitor, type RawDepth } from './raw-depth.ts';

export interface DepthCaptureOptions extends Omit<DepthReadOptions, 'unfinished' | 'content' | 'ended'> {
  /** Default: what the first capture's name, or the streams inside, say. A message of another one is rejected. */
  readonly symbol?: string;
  /** Also give the `bookTicker` messages. Default false. */
  readonly bookTickers?: boolean;
}

const NS_PER_US = 1000n;
const LAST_UPDATE_ID = Buffer.from('"lastUpdateId"');
/** Diffs and partial books have the same keys; only the stream's name tells them apart. */
const DIFF_STREAM = /^[^@]*@depth(?:@\d+ms)?$/u;

/**
 * The depth messages of raw captures, in the order of the files and of their lines: what {@link readDepthFile} gives
 * for files of our own. Messages of other streams are passed over.
 *
 * Throws `CaptureError` for what is wrong with a capture, and {@link StorageCsvError} `ROW_BROKEN` for a message that
 * is not what its stream promises unless `rejected` is given.
 */
export function readDepthCapture(
  paths: readonly string[],
  options: DepthCaptureOptions & { readonly bookTickers: true },
): AsyncGenerator<DepthMessage | BookTickerMessage>;
export function readDepthCapture(
  paths: readonly string[],
  options?: DepthCaptureOptions & { readonly bookTickers?: false },
): AsyncGenerator<DepthMessage>;
export async function* readDepthCapture(
  paths: readonly string[],
  options: DepthCaptureOptions = {},
): AsyncGenerator<DepthMessage | BookTickerMessage> {
  const decoder = await newDecoder(paths, options);
  for (const path of paths) {
    for await (const lines of readCaptureLines(path, captureOptions(path, options))) {
      for (const line of lines) {
        const message = decoder.decode(path, line);
        if (message !== undefined) yield decoder.textOf(message);
      }
    }
  }
}

/**
 * What {@link readDepthCapture} gives, without a string or an object a level. Resolves to whether the captures were read to
 * their end; they were not when `visit` returned false.
 */
export async function visitDepthCapture(
  paths: readonly string[],
  visit: DepthVisitor,
  options: Omit<DepthCaptureOptions, 'bookTickers'> = {},
): Promise<boolean> {
  const decoder = await newDecoder(paths, options);
  for (const path of paths) {
    for await (const lines of readCaptureLines(path, captureOptions(path, options))) {
      for (const line of lines) {
        const message = decoder.decode(path, line);
        if (message !== undefined && message.type !== 'bookTicker' && visit(message) === false) return false;
      }
    }
  }
  return true;
}

async function newDecoder(paths: readonly string[], options: DepthCaptureOptions): Promise<CaptureDecoder> {
  const [first] = paths;
  const symbol = options.symbol ?? (first === undefined ? '' : await captureSymbol(first));
  return new CaptureDecoder(symbol, options);
}

export function captureOptions(
  path: string,
  { rejected, progress }: Pick<DepthCaptureOptions, 'rejected' | 'progress'>,
): CaptureReadOptions {
  return {
    isReused: true,
    ...(rejected === undefined ? {} : { rejected }),
    ...(progress === undefined ? {} : { progress: (bytes) => progress({ path, ...bytes }) }),
  };
}

/** Decodes the messages that concern a book. A depth message is valid until the next one. */
class CaptureDecoder {
  readonly #fields = new FrameFields();
  readonly #message = newRawDepth();
  readonly #symbol: string;
  readonly #options: DepthCaptureOptions;

  constructor(symbol: string, options: DepthCaptureOptions) {
    this.#symbol = symbol;
    this.#options = options;
  }

  /** Undefined for a message of another stream, and for a broken one where somebody listens. */
  decode(path: string, { receivedAtNs, bytes, line }: CaptureLine): RawDepth | BookTickerMessage | undefined {
    try {
      this.#message.line = line;
      return this.#decode(Number(receivedAtNs / NS_PER_US), bytes);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      const problem = error.message;
      if (this.#options.rejected === undefined) {
        throw new StorageCsvError('ROW_BROKEN', path, `line ${line}: ${problem}`, { cause: error, line });
      }
      this.#options.rejected({ path, line, problem });
      return undefined;
    }
  }

  textOf(message: RawDepth | BookTickerMessage): DepthMessage | BookTickerMessage {
    return message.type === 'bookTicker' ? message : decodeRawDepth(message, this.#symbol);
  }

  #decode(receivedAtUs: number, bytes: Buffer): RawDepth | BookTickerMessage | undefined {
    if (bytes.indexOf(LAST_UPDATE_ID) === 1) return this.#snapshot(receivedAtUs, bytes);
    const fields = this.#fields;
    switch (scanFrame(bytes, fields)) {
      case 'depthUpdate':
        if (fields.streamEnd > 0 && !DIFF_STREAM.test(fields.streamText())) return undefined;
        return this.#diff(receivedAtUs, bytes);
      case 'bookTicker': {
        if (this.#options.bookTickers !== true) return undefined;
        const bookTicker = decodeBookTicker(fields);
        this.#expectSymbol(bookTicker.symbol, bytes);
        return { type: 'bookTicker', receivedAtUs, bookTicker };
      }
      case 'other':
        return bytes.includes(LAST_UPDATE_ID) ? this.#snapshot(receivedAtUs, bytes) : undefined;
      default:
        return undefined;
    }
  }

  #diff(receivedAtUs: number, bytes: Buffer): RawDepth {
    const fields = this.#fields;
    const message = this.#message;
    message.type = 'diff';
    message.eventTimeMs = fields.integer(SLOT.E);
    message.firstUpdateId = fields.integer(SLOT.U);
    message.finalUpdateId = fields.integer(SLOT.u);
    message.previousFinalUpdateId = fields.integerOrUndefined(SLOT.pu);
    const filled = this.#fill(receivedAtUs);
    this.#expectSymbol(fields.text(SLOT.s), bytes);
    return filled;
  }

  #snapshot(receivedAtUs: number, bytes: Buffer): RawDepth {
    const fields = this.#fields;
    scanDepthSnapshot(bytes, fields);
    const message = this.#message;
    const lastUpdateId = fields.integer(SLOT.lastUpdateId);
    message.type = 'snapshot';
    message.eventTimeMs = fields.integerOrUndefined(SLOT.E);
    message.firstUpdateId = lastUpdateId;
    message.finalUpdateId = lastUpdateId;
    message.previousFinalUpdateId = undefined;
    return this.#fill(receivedAtUs);
  }

  /** What both kinds have; the levels stay where they stand in the frame. */
  #fill(receivedAtUs: number): RawDepth {
    const fields = this.#fields;
    const message = this.#message;
    message.receivedAtUs = receivedAtUs;
    message.transactionTimeMs = fields.integerOrUndefined(SLOT.T);
    message.bytes = fields.bytes;
    message.offsets = fields.levels;
    message.bidCount = fields.bidCount;
    message.askCount = fields.askCount;
    return message;
  }

  #expectSymbol(symbol: string, bytes: Buffer): void {
    if (symbol === this.#symbol) return;
    throw new FrameError(
      bytes,
      0,
      `a message of ${this.#symbol}, not of ${JSON.stringify(symbol.slice(0, 80))}`,
    );
  }
}
