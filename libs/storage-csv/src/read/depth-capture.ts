import { Buffer } from 'node:buffer';
import {
  decodeBookTicker,
  decodeDepthDiff,
  decodeDepthSnapshot,
  FrameError,
  FrameFields,
  scanDepthSnapshot,
  scanFrame,
} from '@org/binance-wire';
import { captureSymbol, readCapture, type CaptureReadOptions } from '@org/storage';
import { StorageCsvError } from '../errors.ts';
import type { BookTickerMessage, DepthMessage, DepthReadOptions } from './depth-message.ts';

export interface DepthCaptureOptions extends Omit<DepthReadOptions, 'unfinished'> {
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
  const [first] = paths;
  if (first === undefined) return;
  const decoder = new CaptureDecoder(
    options.symbol ?? (await captureSymbol(first)),
    options.bookTickers ?? false,
  );
  for (const path of paths) {
    for await (const { receivedAtNs, bytes, line } of readCapture(path, captureOptions(path, options))) {
      try {
        const message = decoder.decode(Number(receivedAtNs / NS_PER_US), bytes);
        if (message !== undefined) yield message;
      } catch (error) {
        if (!(error instanceof FrameError)) throw error;
        const problem = error.message;
        if (options.rejected === undefined) {
          throw new StorageCsvError('ROW_BROKEN', path, `line ${line}: ${problem}`, { cause: error, line });
        }
        options.rejected({ path, line, problem });
      }
    }
  }
}

function captureOptions(path: string, { rejected, progress }: DepthCaptureOptions): CaptureReadOptions {
  return {
    ...(rejected === undefined ? {} : { rejected }),
    ...(progress === undefined ? {} : { progress: (bytes) => progress({ path, ...bytes }) }),
  };
}

/** Decodes the messages that concern a book. */
class CaptureDecoder {
  readonly #fields = new FrameFields();
  readonly #symbol: string;
  readonly #withBookTickers: boolean;

  constructor(symbol: string, withBookTickers: boolean) {
    this.#symbol = symbol;
    this.#withBookTickers = withBookTickers;
  }

  /** Undefined for a message of another stream. Throws `FrameError`. */
  decode(receivedAtUs: number, bytes: Buffer): DepthMessage | BookTickerMessage | undefined {
    if (bytes.indexOf(LAST_UPDATE_ID) === 1) return this.#snapshot(receivedAtUs, bytes);
    const fields = this.#fields;
    switch (scanFrame(bytes, fields)) {
      case 'depthUpdate': {
        if (fields.streamEnd > 0 && !DIFF_STREAM.test(fields.streamText())) return undefined;
        const diff = decodeDepthDiff(fields);
        this.#expectSymbol(diff.symbol, bytes);
        return { type: 'diff', receivedAtUs, damagedRows: 0, diff };
      }
      case 'bookTicker': {
        if (!this.#withBookTickers) return undefined;
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

  #snapshot(receivedAtUs: number, bytes: Buffer): DepthMessage {
    scanDepthSnapshot(bytes, this.#fields);
    return {
      type: 'snapshot',
      receivedAtUs,
      damagedRows: 0,
      snapshot: decodeDepthSnapshot(this.#fields, this.#symbol),
    };
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
