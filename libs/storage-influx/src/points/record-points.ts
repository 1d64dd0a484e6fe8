import { FrameError, FrameFields, type FrameKind, scanFrame, SLOT } from '@org/binance-wire';
import { RECORD_TYPE, type BatchRecord } from '@org/storage';
import { FramePoints } from './frame-points.ts';
import type { LineBuffer } from './line-buffer.ts';
import type { PointDefinition } from './point-definition.ts';
import { PointProblem } from './point-problem.ts';
import { writeBook, writeGapRecord } from './report-points.ts';
import { restFrames } from './rest-frames.ts';
import type { StreamPoints } from './stream-points.ts';

export interface RecordPointsOptions {
  /** Levels that are stored of each side of a book. */
  readonly bookLevels: number;
  /** Whether each decimal is also stored as the exchange's own text. */
  readonly isTextKept: boolean;
}

/** Turns one record after the other into points. */
export class RecordPoints {
  readonly #options: RecordPointsOptions;
  readonly #fields = new FrameFields();
  readonly #frames: FramePoints;

  constructor(options: RecordPointsOptions) {
    this.#options = options;
    this.#frames = new FramePoints(options);
  }

  /**
   * Appends the record's points and returns how many. Throws an error that {@link isRejection} recognises when the record
   * is not what its stream promises; `lines` may then hold a part of them.
   */
  write(record: BatchRecord, stream: StreamPoints, lines: LineBuffer): number {
    const receivedAtUs = Math.floor(record.receivedAtUs);
    if (!(receivedAtUs > 0 && receivedAtUs <= Number.MAX_SAFE_INTEGER))
      throw new PointProblem(`expected a receipt in µs, was ${record.receivedAtUs}`);
    if (stream.symbol === '') throw new PointProblem('expected a stream key of a symbol and a known stream');
    switch (record.type) {
      case RECORD_TYPE.frame:
        this.#writeFrame(payload(record), stream, { receivedAtUs, source: 'ws' }, lines);
        return 1;
      case RECORD_TYPE.restRows: {
        const frames = restFrames(text(record), stream, receivedAtUs);
        for (const frame of frames) this.#writeFrame(frame, stream, { receivedAtUs, source: 'rest' }, lines);
        return frames.length;
      }
      case RECORD_TYPE.gap:
        writeGapRecord(text(record), lines);
        return 1;
      case RECORD_TYPE.bookSnapshot: {
        const { bookLevels: levelsMax, isTextKept } = this.#options;
        return writeBook(text(record), lines, { symbol: stream.symbol, receivedAtUs, levelsMax, isTextKept });
      }
      default:
        throw new PointProblem('expected a record that has points');
    }
  }

  #writeFrame(
    frame: Uint8Array,
    stream: StreamPoints,
    { receivedAtUs, source }: { readonly receivedAtUs: number; readonly source: 'ws' | 'rest' },
    lines: LineBuffer,
  ): void {
    if (!isDefined(stream)) throw new PointProblem('expected a stream of a known kind');
    this.#expectFrame(stream, scanFrame(frame, this.#fields));
    this.#frames.write(stream, this.#fields, receivedAtUs, lines, source);
  }

  /** Points must never be tagged as another symbol's or another interval's. */
  #expectFrame({ definition, symbol, stream }: StreamPoints & Defined, found: FrameKind): void {
    if (found !== definition.frame)
      throw new PointProblem(`expected a frame of kind ${definition.frame}, was ${found}`);
    const fields = this.#fields;
    this.#expectText(fields.has(SLOT.s) ? SLOT.s : SLOT['o.s'], symbol);
    if (definition.kind === 'kline') this.#expectText(SLOT['k.i'], stream.slice('kline_'.length));
  }

  #expectText(slot: number, expected: string): void {
    const fields = this.#fields;
    if (!fields.has(slot)) return;
    const was = fields.text(slot);
    if (was !== expected)
      throw new PointProblem(`expected ${expected}, was ${JSON.stringify(was.slice(0, 80))}`);
  }
}

interface Defined {
  readonly definition: PointDefinition;
}

function isDefined(stream: StreamPoints): stream is StreamPoints & Defined {
  return stream.definition !== undefined;
}

/** Whether a failure of {@link RecordPoints.write} is the record's own, and not one of this program. */
export function isRejection(error: unknown): error is Error {
  return error instanceof PointProblem || error instanceof FrameError || error instanceof SyntaxError;
}

function payload({ bytes, payloadStart, payloadEnd }: BatchRecord): Uint8Array {
  return bytes.subarray(payloadStart, payloadEnd);
}

function text({ bytes, payloadStart, payloadEnd }: BatchRecord): string {
  return bytes.toString('utf8', payloadStart, payloadEnd);
}
