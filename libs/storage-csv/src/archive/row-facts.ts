import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { LineSplitter } from '@org/storage';
import { StorageCsvError } from '../errors.ts';
import { fileHeader } from '../streams/catalogue.ts';
import { GapFacts, type GapCounts } from './gap-facts.ts';

const LF = 0x0a;
/** Longest row whose cells are looked at. */
const ROW_BYTES_MAX = 64 * 1024;

/** Cells of one row: undefined where the kind has no such column or the cell is empty. */
export interface RowPlace {
  /** The exchange's own id, see `ID_COLUMNS`. */
  readonly id?: number | string;
  /** As sent, ms since the epoch. */
  readonly eventTime?: number | string;
  /** Receipt, µs since the epoch. */
  readonly localTime?: number | string;
}

/** What a file of rows holds. */
export interface RowFacts {
  /** Lines without the header, also one that was not finished. */
  readonly rows: number;
  /** Of the content, not packed. */
  readonly bytes: number;
  /** Of the content, not packed; hexadecimal. */
  readonly sha256: string;
  /** The first and the last row in the order of arrival; absent where there is none. */
  readonly first?: RowPlace;
  readonly last?: RowPlace;
  /** Bytes behind the last line end: a row that was not finished. Absent where there are none. */
  readonly unfinishedBytes?: number;
  /** Of a file of gaps. */
  readonly gaps?: GapCounts;
}

/** Which column of a kind is the exchange's own number; kinds without one are absent. */
const ID_COLUMNS: ReadonlyMap<string, string> = new Map([
  ['aggtrade', 'agg_trade_id'],
  ['depth', 'final_update_id'],
  ['kline', 'open_time'],
  ['bookticker', 'update_id'],
  ['trade', 'trade_id'],
  ['orderbook', 'last_update_id'],
]);
/** Files of gaps have no receipt; a gap is detected at one. */
const LOCAL_TIMES = ['local_time', 'detected_at'];

/** Gathers the facts of a file that is fed to it piece by piece; its memory does not grow with the file. */
export class RowFactsGatherer {
  readonly #path: string;
  readonly #header: string;
  readonly #idColumn: string | undefined;
  readonly #hash = createHash('sha256');
  readonly #gaps: GapFacts | undefined;
  #bytes = 0;
  #lineEnds = 0;
  /** Header and first row, until both are there. */
  #head: Buffer = Buffer.alloc(0);
  #tail: Buffer = Buffer.alloc(0);

  /** `path` is for errors. */
  constructor(path: string, kind: string) {
    this.#path = path;
    this.#header = fileHeader(kind) ?? '';
    this.#idColumn = ID_COLUMNS.get(kind);
    this.#gaps = kind === 'gaps' ? new GapFacts() : undefined;
  }

  feed(piece: Buffer): void {
    this.#hash.update(piece);
    this.#bytes += piece.length;
    for (let at = piece.indexOf(LF); at !== -1; at = piece.indexOf(LF, at + 1)) this.#lineEnds++;
    if (this.#head.length < ROW_BYTES_MAX) {
      this.#head = Buffer.concat([this.#head, piece.subarray(0, ROW_BYTES_MAX - this.#head.length)]);
    }
    const end = piece.subarray(Math.max(0, piece.length - ROW_BYTES_MAX));
    const kept = Math.max(0, ROW_BYTES_MAX - end.length);
    this.#tail = Buffer.concat([kept === 0 ? Buffer.alloc(0) : this.#tail.subarray(-kept), end]);
    this.#gaps?.feed(piece);
  }

  /** Throws `HEADER_MISMATCH` when the file does not begin with the header of its kind: it is none of ours. */
  end(): RowFacts {
    this.#checkHeader();
    const lastEnd = this.#tail.lastIndexOf(LF);
    const unfinishedBytes = this.#tail.length - 1 - lastEnd;
    const lines = this.#lineEnds + (unfinishedBytes > 0 ? 1 : 0);
    return {
      rows: Math.max(0, this.#header === '' ? lines : lines - 1),
      bytes: this.#bytes,
      sha256: this.#hash.digest('hex'),
      ...this.#ends(),
      ...(unfinishedBytes > 0 ? { unfinishedBytes } : {}),
      ...(this.#gaps === undefined ? {} : { gaps: this.#gaps.counts() }),
    };
  }

  #checkHeader(): void {
    const was = this.#head.toString('utf8', 0, this.#header.length + 1);
    if (this.#header === '' || was === `${this.#header}\n` || `${this.#header}\n`.startsWith(was)) return;
    const problem = `expected the header "${this.#header}", was ${JSON.stringify(was.slice(0, 200))}`;
    throw new StorageCsvError('HEADER_MISMATCH', this.#path, problem, { line: 1 });
  }

  /** Lines of JSON have no columns, and of a row that is not whole no cell is sure. */
  #ends(): Pick<RowFacts, 'first' | 'last'> {
    if (this.#header === '' || this.#lineEnds < 2) return {};
    const first = firstRow(this.#head);
    const last = lastRow(this.#tail);
    return {
      ...(first === undefined ? {} : { first: this.#place(first) }),
      ...(last === undefined ? {} : { last: this.#place(last) }),
    };
  }

  #place(row: string): RowPlace {
    const columns = this.#header.split(',');
    const cells = row.split(',');
    const cell = (name: string | undefined): number | string | undefined =>
      name === undefined ? undefined : plainNumber(cells[columns.indexOf(name)]);
    const id = cell(this.#idColumn);
    const eventTime = cell('event_time');
    const localTime = cell(LOCAL_TIMES.find((name) => columns.includes(name)));
    return {
      ...(id === undefined ? {} : { id }),
      ...(eventTime === undefined ? {} : { eventTime }),
      ...(localTime === undefined ? {} : { localTime }),
    };
  }
}

/** The second line; undefined when it is longer than what was kept. */
function firstRow(head: Buffer): string | undefined {
  const lines = new LineSplitter(head.length);
  lines.feed(head);
  if (!lines.next() || !lines.next()) return undefined;
  return lines.bytes.toString('utf8', lines.start, lines.end);
}

/** The last finished line; undefined when it is longer than what was kept. */
function lastRow(tail: Buffer): string | undefined {
  const end = tail.lastIndexOf(LF);
  const before = end <= 0 ? -1 : tail.lastIndexOf(LF, end - 1);
  return before === -1 ? undefined : tail.toString('utf8', before + 1, end);
}

/** A number where that is exact; the exchange may come to write others. */
function plainNumber(cell: string | undefined): number | string | undefined {
  if (cell === undefined || cell === '') return undefined;
  const number = Number(cell);
  return Number.isSafeInteger(number) && String(number) === cell ? number : cell;
}
