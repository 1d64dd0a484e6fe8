import { basename } from 'node:path';
import {
  visitDepthCapture,
  visitMarketCapture,
  type MarketRow,
  type MarketRowKind,
  type ReadRejection,
} from '@org/storage-csv';
import { sizeOf } from '../file-size.ts';
import { isFileProblem } from '../recording.ts';
import { BookBlocks } from './book-blocks.ts';
import { DeclaredGaps } from './declared-gaps.ts';
import { DepthCheck } from './depth-check.ts';
import { FindingList } from './finding.ts';
import { GapCheck } from './gap-check.ts';
import type { ReadFile } from './read-file.ts';
import type { RowCheck } from './row-check.ts';
import { newRowCheck, ROW_KINDS } from './row-checks.ts';
import type { SymbolVerdict } from './verdict.ts';

/** Broken lines that are remembered; more may be told twice. */
const REJECTIONS_MAX = 100_000;

/** Raw captures of one symbol, in the order of time. */
export interface CaptureJob {
  readonly symbol: string;
  readonly paths: readonly string[];
}

/**
 * Checks raw captures: the same chains and the same book. A capture declares no gaps, so every break is an error; what
 * overlapping connections repeat is a warning.
 */
export async function verifyCaptures(
  { symbol, paths }: CaptureJob,
  progress?: (bytesRead: number) => void,
): Promise<SymbolVerdict> {
  const verification = new CaptureVerification(symbol);
  let bytesRead = 0;
  for (const [index, path] of paths.entries()) {
    await verification.file(path, index === 0);
    bytesRead += await sizeOf(path);
    progress?.(bytesRead);
  }
  return verification.end(paths.length);
}

class CaptureVerification {
  readonly #symbol: string;
  readonly #list: FindingList;
  readonly #depth: DepthCheck;
  readonly #rows = new Map<MarketRowKind, { readonly check: RowCheck; events: number }>();

  constructor(symbol: string) {
    this.#symbol = symbol;
    this.#list = new FindingList(symbol);
    const { report } = this.#list;
    this.#depth = new DepthCheck(symbol, report, new BookBlocks(report), false);
    for (const kind of ROW_KINDS) this.#rows.set(kind, { check: newRowCheck(kind, report), events: 0 });
  }

  async file(path: string, isFirst: boolean): Promise<void> {
    const place = { startUs: -Infinity, endUs: Infinity, isOpen: false, isFirst, isPeriodHead: true };
    const file: ReadFile = { name: basename(path), path, kind: 'capture', ...place };
    this.#depth.begin(file);
    for (const { check } of this.#rows.values()) check.begin(file);
    const { report } = this.#list;
    const told = new Set<number>();
    // Both readings meet the lines that nobody understands.
    const rejected = ({ line, problem }: ReadRejection): void => {
      if (told.has(line)) return;
      if (told.size < REJECTIONS_MAX) told.add(line);
      report({ severity: 'error', code: 'ROW_BROKEN', file: file.name, line, message: problem });
    };
    try {
      const options = { symbol: this.#symbol, rejected };
      await visitMarketCapture(path, this.#symbol, (row) => this.#take(row), { rejected });
      await visitDepthCapture([path], (message) => this.#depth.take(message), options);
    } catch (error) {
      if (!isFileProblem(error)) throw error;
      const { code, lastGoodLine } = error as { code?: unknown; lastGoodLine?: number };
      const line = lastGoodLine === undefined ? {} : { line: lastGoodLine + 1 };
      const cut = code === 'CAPTURE_TRUNCATED' ? 'FILE_CUT' : 'FILE_UNREADABLE';
      const message = error.message.split(`${path}: `).at(-1)!;
      report({ severity: 'error', code: cut, file: file.name, ...line, message });
    }
  }

  async end(files: number): Promise<SymbolVerdict> {
    const { report } = this.#list;
    this.#depth.end();
    const breaks = [...this.#rows.values()].flatMap(({ check }) => check.breaks);
    const declared = new DeclaredGaps(this.#symbol, report);
    const gaps = new GapCheck(this.#symbol, declared, report, () => Promise.resolve(false));
    const undeclared = await gaps.run([...breaks, this.#depth.breaks]);
    const counts = [...this.#rows].map(([kind, { events }]) => ({ kind, events }));
    const kinds = [...counts, { kind: 'depth', events: this.#depth.events }]
      .filter(({ events }) => events > 0)
      .map(({ kind, events }) => ({ kind, files, rows: events, events }));
    return {
      symbol: this.#symbol,
      files,
      kinds,
      gaps: { declared: 0, healed: 0, undeclared },
      books: { checked: 0, unchecked: 0 },
      errors: this.#list.errors,
      warnings: this.#list.warnings,
      findings: this.#list.all(),
      findingsLeftOut: this.#list.leftOut,
    };
  }

  #take(row: MarketRow): void {
    const taker = this.#rows.get(row.kind)!;
    taker.events++;
    taker.check.take(row);
  }
}
