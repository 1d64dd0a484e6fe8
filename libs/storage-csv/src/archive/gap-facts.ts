import type { Buffer } from 'node:buffer';
import { LineSplitter } from '@org/storage';

/** A row of a file of gaps is at most as long as this, or it is none. */
const LINE_BYTES_MAX = 64 * 1024;
/** Streams times reasons; beyond it they are counted together, as `other`. */
const GROUPS_MAX = 1000;

/** What a file of gaps says, counted. */
export interface GapCounts {
  /** Rows: every break, also those that were healed. */
  readonly total: number;
  /** Those that a repair closed. */
  readonly healed: number;
  /** By `<stream> <reason>`, for example `BTCUSDT@depth@0ms reconnect`. */
  readonly byStreamAndReason: Readonly<Record<string, number>>;
}

export const NO_GAPS: GapCounts = { total: 0, healed: 0, byStreamAndReason: {} };

/** Counts the rows of a file of gaps. What cannot be read as one is counted in the total alone. */
export class GapFacts {
  readonly #lines = new LineSplitter(LINE_BYTES_MAX);
  readonly #groups = new Map<string, number>();
  #total = 0;
  #healed = 0;
  #isReadable = true;

  feed(piece: Buffer): void {
    if (!this.#isReadable) return;
    try {
      this.#lines.feed(piece);
      while (this.#lines.next()) if (this.#lines.line > 1) this.#take();
    } catch {
      // A line without end: this is no file of gaps behind here, and its rows are counted as lines elsewhere.
      this.#isReadable = false;
    }
  }

  counts(): GapCounts {
    return {
      total: this.#total,
      healed: this.#healed,
      byStreamAndReason: Object.fromEntries([...this.#groups].sort(([a], [b]) => (a < b ? -1 : 1))),
    };
  }

  #take(): void {
    const { bytes, start, end } = this.#lines;
    const [stream = '', reason = '', ...rest] = bytes.toString('utf8', start, end).split(',');
    this.#total++;
    if ((rest.at(-1) ?? '') !== '') this.#healed++;
    const name = `${stream} ${reason}`;
    const group = this.#groups.has(name) || this.#groups.size < GROUPS_MAX ? name : 'other';
    this.#groups.set(group, (this.#groups.get(group) ?? 0) + 1);
  }
}

/** Both together. */
export function addGaps(a: GapCounts, b: GapCounts): GapCounts {
  const groups: Record<string, number> = { ...a.byStreamAndReason };
  for (const [name, count] of Object.entries(b.byStreamAndReason)) groups[name] = (groups[name] ?? 0) + count;
  return { total: a.total + b.total, healed: a.healed + b.healed, byStreamAndReason: groups };
}
