import type { DeclaredGap, DeclaredGaps } from './declared-gaps.ts';
import type { FindingCode, Report, Severity } from './finding.ts';
import { matchGaps } from './gap-match.ts';
import type { Break, StreamBreaks } from './stream-breaks.ts';

/** The row of a gap that REST may repair is written when it is healed, or after a minute. */
const REPAIR_US = 120_000_000;

/** Compares the breaks of all streams of a symbol with what its gaps files declare. */
export class GapCheck {
  readonly #symbol: string;
  readonly #declared: DeclaredGaps;
  readonly #report: Report;
  readonly #isGrowing: () => Promise<boolean>;
  #growth: Promise<boolean> | undefined;

  constructor(symbol: string, declared: DeclaredGaps, report: Report, isGrowing: () => Promise<boolean>) {
    this.#symbol = symbol;
    this.#declared = declared;
    this.#report = report;
    this.#isGrowing = isGrowing;
  }

  /** Returns how many breaks no row declares. */
  async run(streams: readonly StreamBreaks[]): Promise<number> {
    const latestUs = streams.reduce((latest, breaks) => Math.max(latest, breaks.latestUs), 0);
    let undeclared = 0;
    for (const breaks of streams) {
      const match = matchGaps(breaks, this.#declared.of(breaks.key));
      for (const found of match.undeclared)
        if (await this.#tellUndeclared(breaks, found, latestUs)) undeclared++;
      for (const { found, row } of match.notHealed)
        this.#tellRow('error', 'GAP_NOT_HEALED', row, `ids ${rangesText(found)} did not come`);
      for (const { found, row } of match.inexact)
        this.#tellRow('warning', 'GAP_INEXACT', row, `only ${found.lastId} to ${found.nextId} is a break`);
      for (const row of match.spurious)
        this.#tellRow('warning', 'GAP_SPURIOUS', row, 'nothing is missing between these ids');
      undeclared += breaks.leftOut;
      if (breaks.leftOut > 0) this.#tellTooMany(breaks);
    }
    return undeclared;
  }

  async #tellUndeclared(breaks: StreamBreaks, found: Break, latestUs: number): Promise<boolean> {
    const isFresh = found.missing !== undefined && found.nextTimeUs > latestUs - REPAIR_US;
    const isPending = isFresh && (await (this.#growth ??= this.#isGrowing()));
    const { lastId, nextId, file, line } = found;
    this.#report({
      severity: isPending ? 'note' : 'error',
      code: isPending ? 'GAP_PENDING' : 'GAP_UNDECLARED',
      ...{
        file,
        line,
        stream: `${this.#symbol}@${breaks.key === 'aggtrade' ? 'aggTrade' : breaks.key}`,
        ids: [lastId, nextId],
      },
      message: isPending
        ? 'events are missing, and their repair may be at work'
        : `${lackText(breaks.key, found)}, and no gaps row says so`,
    });
    return !isPending;
  }

  #tellTooMany({ key, leftOut, all }: StreamBreaks): void {
    const { file, line } = all.at(-1)!;
    const message = `${leftOut} more breaks behind this one were not compared with the gaps files`;
    this.#report({ severity: 'error', code: 'GAPS_TOO_MANY', file, line, stream: key, message });
  }

  #tellRow(
    severity: Severity,
    code: FindingCode,
    { file, fileLine, gap }: DeclaredGap,
    message: string,
  ): void {
    const ids = [gap.lastId ?? null, gap.nextId ?? null] as const;
    this.#report({ severity, code, file, line: fileLine, stream: gap.stream, ids, message });
  }
}

function lackText(key: string, found: Break): string {
  if (found.missing?.length === 0) return 'rows from REST fill a gap';
  if (key === 'depth') return `the diff follows ${found.nextId}, the one before it ends at ${found.lastId}`;
  const what = key.startsWith('kline') ? 'bars of' : 'ids';
  return `${what} ${rangesText(found)} are missing`;
}

function rangesText({ missing }: Break): string {
  const ranges = (missing ?? [])
    .slice(0, 5)
    .map(({ from, to }) => (from === to ? `${from}` : `${from} to ${to}`));
  const more = (missing?.length ?? 0) > ranges.length ? ' …' : '';
  return `${ranges.join(', ')}${more}`;
}
