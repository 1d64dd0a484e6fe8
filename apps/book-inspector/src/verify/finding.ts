/** `error`: the recording is not what it claims. `warning`: look at it. `note`: something could not be checked. */
export type Severity = 'error' | 'warning' | 'note';

export type FindingCode =
  /** Events are missing and no gaps row says so. */
  | 'GAP_UNDECLARED'
  /** The same in a recording that is being written: its row is written when the repair ended. */
  | 'GAP_PENDING'
  /** A gaps row names a break that is not in the files. */
  | 'GAP_SPURIOUS'
  /** A gaps row names more than is missing. */
  | 'GAP_INEXACT'
  /** A gaps row says that everything missing was fetched, and it was not. */
  | 'GAP_NOT_HEALED'
  /** More gaps than are kept. */
  | 'GAPS_TOO_MANY'
  | 'ROW_BROKEN'
  | 'ROW_REPEATED'
  | 'ROW_OUT_OF_PLACE'
  /** Ids of one row, or of neighbours, contradict each other. */
  | 'IDS_INCONSISTENT'
  | 'VALUES_INCONSISTENT'
  /** A message names a price twice. */
  | 'LEVEL_REPEATED'
  /** The levels of a message are not sorted as the exchange sorts them. */
  | 'LEVEL_OUT_OF_ORDER'
  /** No book can hold the level. */
  | 'LEVEL_REFUSED'
  | 'BOOK_CROSSED'
  /** A stored top of the book is not that of the replayed one. */
  | 'BOOK_DIFFERS'
  | 'BOOK_NOT_IN_SYNC'
  /** The snapshot at the head of a file is not the book at the end of the file before. */
  | 'OPENING_DIFFERS'
  | 'OPENING_MISSING'
  | 'SNAPSHOT_DIFFERS'
  | 'TIME_BACKWARDS'
  | 'TIME_OUT_OF_PERIOD'
  | 'LINE_UNFINISHED'
  | 'FILE_CUT'
  | 'CONTENT_WRONG'
  | 'FILE_UNREADABLE'
  | 'FILE_MISSING'
  | 'FILE_UNKNOWN'
  | 'HEADER_WRONG'
  | 'PERIOD_MISSING'
  | 'CHECKSUM_WRONG'
  | 'CHECKSUM_MISSING'
  | 'MANIFEST_WRONG'
  | 'MANIFEST_MISSING'
  /** The symbol could not be checked to its end. */
  | 'CHECK_FAILED';

/** One thing that was found, and where. */
export interface Finding {
  readonly severity: Severity;
  readonly code: FindingCode;
  readonly symbol: string;
  /** Path below the data folder. */
  readonly file: string;
  /** From 1; the header is line 1. */
  readonly line?: number;
  readonly byteOffset?: number;
  /** As in the gaps file where it is known, else the kind of the file. */
  readonly stream?: string;
  /** The last id before the place and the id behind it, as in the gaps file. */
  readonly ids?: readonly [last: number | null, next: number | null];
  readonly message: string;
}

/** A finding before it is known whose it is. */
export type Report = (finding: Omit<Finding, 'symbol'>) => void;

/** Findings kept of a symbol, of errors and of the others each; the counters go on. */
export const FINDINGS_MAX = 500;

/** The findings of one symbol: bounded, and many warnings leave no error out. */
export class FindingList {
  errors = 0;
  warnings = 0;
  leftOut = 0;
  readonly #symbol: string;
  readonly #errors: Finding[] = [];
  readonly #others: Finding[] = [];

  constructor(symbol: string) {
    this.#symbol = symbol;
  }

  readonly report: Report = (finding) => {
    if (finding.severity === 'error') this.errors++;
    if (finding.severity === 'warning') this.warnings++;
    const list = finding.severity === 'error' ? this.#errors : this.#others;
    if (list.length >= FINDINGS_MAX) this.leftOut++;
    else list.push({ ...finding, symbol: this.#symbol });
  };

  /** Errors first, each kind in the order in which they were found. */
  all(): Finding[] {
    return [...this.#errors, ...this.#others];
  }
}
