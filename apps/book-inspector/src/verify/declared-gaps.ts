import { parseStreamKey, streamKind } from '@org/market-data';
import type { GapRow } from '@org/storage-csv';
import type { Report } from './finding.ts';
import type { ReadFile } from './read-file.ts';

/** A row of a gaps file, and which it is. */
export interface DeclaredGap extends GapRow {
  readonly file: string;
}

/** Rows of gaps that are kept of one symbol; some 150 bytes each. */
export const DECLARED_MAX = 500_000;

/** What the gaps files of a symbol declare, by the key of the stream that it is about. */
export class DeclaredGaps {
  declared = 0;
  healed = 0;
  readonly #report: Report;
  readonly #symbol: string;
  readonly #byKey = new Map<string, DeclaredGap[]>();

  constructor(symbol: string, report: Report) {
    this.#symbol = symbol;
    this.#report = report;
  }

  add(file: ReadFile, row: GapRow): void {
    this.declared++;
    if (row.gap.healedBy !== '') this.healed++;
    const place = { file: file.name, line: row.fileLine, stream: row.gap.stream };
    const key = keyOf(this.#symbol, row.gap.stream);
    if (key === undefined) {
      const message = `expected a stream of ${this.#symbol}, was ${JSON.stringify(row.gap.stream.slice(0, 80))}`;
      return this.#report({ severity: 'error', code: 'ROW_BROKEN', ...place, message });
    }
    if (this.declared === DECLARED_MAX + 1) {
      const message = `expected at most ${DECLARED_MAX} gaps, was more: the others count as not declared`;
      this.#report({ severity: 'error', code: 'GAPS_TOO_MANY', ...place, message });
    }
    if (this.declared > DECLARED_MAX) return;
    const rows = this.#byKey.get(key) ?? [];
    this.#byKey.set(key, rows);
    rows.push({ ...row, file: file.name });
  }

  of(key: string): readonly DeclaredGap[] {
    return this.#byKey.get(key) ?? [];
  }
}

/** Bars have a chain for each interval, everything else one for its kind of file. */
function keyOf(symbol: string, streamKey: string): string | undefined {
  const parts = parseStreamKey(streamKey);
  if (parts?.symbol !== symbol) return undefined;
  const kind = streamKind(parts.stream);
  return kind === 'kline' ? parts.stream : kind;
}
