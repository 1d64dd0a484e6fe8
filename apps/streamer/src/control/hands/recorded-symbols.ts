import type { StreamerConfig } from '@org/config';
import type { Log } from '../../logging/child-log.ts';
import type { StatusBoard } from '../../monitoring/status-board.ts';
import type { Children, HandChange } from '../children.ts';
import { expectationOf, type RecorderPlan } from '../recorder-plan.ts';
import { planWithSymbols } from './change-hands.ts';

export interface RecordedSymbolsOptions {
  readonly children: Pick<Children, 'plan' | 'reassign'>;
  readonly board: Pick<StatusBoard, 'expect'>;
  /** Events a second that a worker carries, as far as they are measured. */
  readonly loadOf: (worker: string) => number;
  readonly log: Log;
}

export interface SymbolsChange {
  /** The configuration that asks for them; that of before when absent. */
  readonly config?: StreamerConfig;
  /** All that are recorded from now on. */
  readonly symbols: readonly string[];
  /** Why each that is recorded no more is not, in words for people. */
  readonly removed?: ReadonlyMap<string, string>;
  /** Of those, the ones that the exchange itself ended. */
  readonly ended?: ReadonlySet<string>;
}

/** A line of the log names so many symbols; the status has all. */
const NAMED_MAX = 20;

/** Changes which symbols the workers record, while they record. */
export class RecordedSymbols {
  readonly #options: RecordedSymbolsOptions;
  /** Symbols that came while recording. */
  #joined: ReadonlySet<string> = new Set();

  constructor(options: RecordedSymbolsOptions) {
    this.#options = options;
  }

  change({ config, symbols, removed = new Map(), ended = new Set() }: SymbolsChange): void {
    const { children, loadOf, log } = this.#options;
    const before = children.plan;
    const wanted = new Set(symbols);
    const added = symbols.filter((symbol) => !before.symbols.includes(symbol));
    const gone = before.symbols.filter((symbol) => !wanted.has(symbol));
    this.#joined = new Set([...this.#joined, ...added].filter((symbol) => wanted.has(symbol)));
    const plan = planWithSymbols(before, symbols, loadOf);
    this.assign(config === undefined ? plan : { ...plan, config }, { ended });
    if (added.length > 0) log.info('SymbolsAdded', { count: added.length, symbols: named(added) });
    for (const [reason, names] of byReason(gone, removed))
      log.info('SymbolsRemoved', { count: names.length, symbols: named(names), reason });
  }

  /** Gives the symbols that there are to other workers. */
  assign(plan: RecorderPlan, change: HandChange): void {
    const { children, board } = this.#options;
    board.expect(expectationOf(plan, this.#joined));
    children.reassign(plan, change);
  }

  /** Other workers have taken over: for their symbols everybody waits again. */
  renewed(): void {
    this.#joined = new Set();
  }
}

function byReason(symbols: readonly string[], removed: ReadonlyMap<string, string>): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const symbol of symbols) {
    const reason = removed.get(symbol) ?? 'not wanted any more';
    const group = groups.get(reason);
    if (group === undefined) groups.set(reason, [symbol]);
    else group.push(symbol);
  }
  return groups;
}

function named(symbols: readonly string[]): string {
  const names = symbols.slice(0, NAMED_MAX).join(',');
  return symbols.length > NAMED_MAX ? `${names},…` : names;
}
