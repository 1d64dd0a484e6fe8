import type { Finding } from './finding.ts';
import type { GapCount, SymbolVerdict } from './verdict.ts';

/** Findings kept of all symbols together; the counters go on. */
export const FINDINGS_KEPT_MAX = 10_000;

/** What was found about one symbol, without its findings. */
export interface SymbolSummary extends Omit<SymbolVerdict, 'findings' | 'findingsLeftOut'> {
  readonly clean: boolean;
  readonly rows: number;
  readonly events: number;
}

/** What `verify` says about a recording: the JSON object that it prints. */
export interface RecordingVerdict {
  /** Whether there is no error: warnings and notes leave it true. */
  readonly clean: boolean;
  readonly files: number;
  readonly rows: number;
  readonly events: number;
  readonly gaps: GapCount;
  readonly books: SymbolVerdict['books'];
  readonly errors: number;
  readonly warnings: number;
  readonly symbols: readonly SymbolSummary[];
  readonly findings: readonly Finding[];
  readonly findingsLeftOut: number;
  readonly elapsedMs: number;
}

/** Puts the verdicts of symbols together, in their order. */
export function recordingVerdict(verdicts: readonly SymbolVerdict[], elapsedMs: number): RecordingVerdict {
  const symbols = verdicts.map(summaryOf);
  const sum = (value: (symbol: SymbolSummary) => number): number =>
    symbols.reduce((total, symbol) => total + value(symbol), 0);
  const all = verdicts.flatMap(({ findings }) => findings);
  const leftOut = verdicts.reduce((total, { findingsLeftOut }) => total + findingsLeftOut, 0);
  // Errors must not be left out for the warnings of symbols before them.
  const byWeight = [...all].sort((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'));
  return {
    clean: symbols.every(({ clean }) => clean),
    files: sum(({ files }) => files),
    rows: sum(({ rows }) => rows),
    events: sum(({ events }) => events),
    gaps: {
      declared: sum(({ gaps }) => gaps.declared),
      undeclared: sum(({ gaps }) => gaps.undeclared),
      healed: sum(({ gaps }) => gaps.healed),
    },
    books: { checked: sum(({ books }) => books.checked), unchecked: sum(({ books }) => books.unchecked) },
    errors: sum(({ errors }) => errors),
    warnings: sum(({ warnings }) => warnings),
    symbols,
    findings: byWeight.slice(0, FINDINGS_KEPT_MAX),
    findingsLeftOut: leftOut + Math.max(0, all.length - FINDINGS_KEPT_MAX),
    elapsedMs,
  };
}

/** A symbol whose check did not come to an end. */
export function failedVerdict(symbol: string, problem: string): SymbolVerdict {
  return {
    symbol,
    files: 0,
    kinds: [],
    gaps: { declared: 0, undeclared: 0, healed: 0 },
    books: { checked: 0, unchecked: 0 },
    errors: 1,
    warnings: 0,
    findings: [{ severity: 'error', code: 'CHECK_FAILED', symbol, file: symbol, message: problem }],
    findingsLeftOut: 0,
  };
}

function summaryOf({
  findings: _findings,
  findingsLeftOut: _leftOut,
  ...verdict
}: SymbolVerdict): SymbolSummary {
  const { kinds } = verdict;
  return {
    ...verdict,
    clean: verdict.errors === 0,
    rows: kinds.reduce((total, { rows }) => total + rows, 0),
    events: kinds.reduce((total, { events }) => total + events, 0),
  };
}
