import { loadConfig } from '@org/config';
import fc from 'fast-check';
import { planWorkers } from '../../src/control/assign-symbols.ts';
import type { HandChange } from '../../src/control/children.ts';
import { planWithSymbols, withoutGivers, withTakers } from '../../src/control/hands/change-hands.ts';
import { moveSymbols } from '../../src/control/hands/move-symbols.ts';
import { RecordedSymbols } from '../../src/control/hands/recorded-symbols.ts';
import type { RecorderPlan } from '../../src/control/recorder-plan.ts';
import type { StreamReport } from '../../src/control/messages.ts';
import { leveledLog } from '../../src/logging/child-log.ts';
import type { Expectation } from '../../src/monitoring/recorder-status.ts';

const config = loadConfig({ text: 'symbols: {pairs: [A], streams: [aggTrade, depth@0ms]}' });

const planOf = (hands: readonly (readonly string[])[], lines = 1): RecorderPlan => ({
  config,
  symbols: hands.flat(),
  workers: planWorkers(hands, lines),
  generation: 1,
});
const handsOf = ({ workers }: RecorderPlan) =>
  Object.fromEntries(workers.map(({ id, symbols }) => [id, symbols]));

describe('other symbols for the workers that there are', () => {
  it('leave what stays where it is, and give what is new to whom carries least, on every line', () => {
    const loads: Record<string, number> = { 'worker-1': 5, 'worker-2': 9, 'worker-1b': 7, 'worker-2b': 3 };
    const next = planWithSymbols(planOf([['A', 'B'], ['C']], 2), ['B', 'C', 'N'], (id) => loads[id]!);
    expect(handsOf(next)).toEqual({
      'worker-1': ['B', 'N'],
      'worker-2': ['C'],
      'worker-1b': ['B'],
      'worker-2b': ['C', 'N'],
    });
  });

  it('go to whom has fewest while nothing is measured', () => {
    const next = planWithSymbols(
      planOf([['A', 'B', 'C'], ['D']]),
      ['A', 'B', 'C', 'D', 'N', 'M', 'O'],
      () => 0,
    );
    expect(handsOf(next)).toEqual({ 'worker-1': ['A', 'B', 'C', 'O'], 'worker-2': ['D', 'N', 'M'] });
  });

  it('are each with exactly one worker of each line, whatever changes', () => {
    const names = fc.uniqueArray(fc.constantFrom(...'ABCDEFGHIJKLMNOP'), { minLength: 1 });
    fc.assert(
      fc.property(
        names,
        fc.array(names, { maxLength: 5 }),
        fc.integer({ min: 1, max: 2 }),
        (first, changes, lines) => {
          let plan = planOf(
            [first.filter((_, at) => at % 2 === 0), first.filter((_, at) => at % 2 === 1)],
            lines,
          );
          for (const symbols of changes) plan = planWithSymbols(plan, symbols, (id) => id.length);
          for (let line = 0; line < lines; line++) {
            const carried = plan.workers
              .filter((worker) => worker.line === line)
              .flatMap(({ symbols }) => symbols);
            expect([...carried].sort()).toEqual([...plan.symbols].sort());
          }
        },
      ),
    );
  });

  it('move in two halves, between which both have them, and back', () => {
    const plan = planOf([['A', 'B'], ['C']]);
    const moves = [{ symbol: 'A', from: 'worker-1', to: 'worker-2' }];
    const both = withTakers(plan, moves);
    expect(handsOf(both)).toEqual({ 'worker-1': ['A', 'B'], 'worker-2': ['C', 'A'] });
    expect(handsOf(withTakers(both, moves))).toEqual(handsOf(both));
    expect(handsOf(withoutGivers(both, moves))).toEqual({ 'worker-1': ['B'], 'worker-2': ['C', 'A'] });
  });
});

/** Children that only note what they are told. */
function children(plan: RecorderPlan) {
  const noted: { hands: Record<string, readonly string[]>; change: HandChange }[] = [];
  const expectations: Expectation[] = [];
  const lines: string[] = [];
  const subject = {
    plan,
    reassign: (next: RecorderPlan, change: HandChange = {}) => {
      subject.plan = next;
      noted.push({ hands: handsOf(next), change });
    },
  };
  const recorded = new RecordedSymbols({
    children: subject,
    board: { expect: (expectation) => expectations.push(expectation) },
    loadOf: () => 0,
    log: leveledLog((level, event, fields) => lines.push(`${level} ${event} ${JSON.stringify(fields)}`)),
  });
  return { subject, recorded, noted, expectations, lines };
}

describe('the recorded symbols', () => {
  it('are told to the workers and expected, with a line for what came and one for each reason to go', () => {
    const { recorded, noted, expectations, lines } = children(planOf([['A', 'B', 'C'], ['D']]));
    recorded.change({
      symbols: ['A', 'D', 'N'],
      removed: new Map([['B', 'status SETTLING'], ['C', 'not among the largest 3']]),
      ended: new Set(['B']),
    }); // prettier-ignore
    expect(noted).toEqual([
      { hands: { 'worker-1': ['A', 'N'], 'worker-2': ['D'] }, change: { ended: new Set(['B']) } },
    ]);
    expect(expectations.at(-1)?.streams).toEqual(['A', 'D', 'N'].flatMap((symbol) => [`${symbol}@aggTrade`, `${symbol}@depth@0ms`])); // prettier-ignore
    expect(expectations.at(-1)?.joined).toEqual(new Set(['N']));
    expect(lines).toEqual([
      'info SymbolsAdded {"count":1,"symbols":"N"}',
      'info SymbolsRemoved {"count":1,"symbols":"B","reason":"status SETTLING"}',
      'info SymbolsRemoved {"count":1,"symbols":"C","reason":"not among the largest 3"}',
    ]);
  });

  it('name twenty in a line and count all', () => {
    const { recorded, lines } = children(planOf([['A']]));
    recorded.change({ symbols: ['A', ...Array.from({ length: 30 }, (_, index) => `S${index}`)] });
    expect(lines[0]).toMatch(/"count":30,"symbols":"S0,.*,S19,…"/);
  });
});

describe('a move of symbols', () => {
  const MOVE = { symbol: 'A', from: 'worker-1', to: 'worker-2' };

  /** What the taker has delivered of the two streams after so many looks. */
  async function move(delivered: (look: number) => Partial<Record<string, number>>, moves = [MOVE]) {
    const { subject, recorded, noted, lines } = children(planOf([['A', 'B'], ['C']]));
    let look = 0;
    const done = await moveSymbols(moves, {
      children: subject,
      assign: recorded.assign.bind(recorded),
      board: {
        carriedBy: (worker, stream) => {
          const lastOrder = delivered(look)[stream];
          return worker === 'worker-2' ? ({ stream, lastOrder } as StreamReport) : undefined;
        },
      },
      clock: {
        nowMs: () => look * 200,
        setTimeout: (run) => {
          look++;
          queueMicrotask(run);
          return 0;
        },
      },
      isStopping: () => false,
      log: leveledLog((_, event) => lines.push(event)),
    });
    return { done, noted, lines, looks: look };
  }

  it('lets the giver leave when the taker has delivered every stream, and not before it has come as far', async () => {
    const { done, noted, lines } = await move((look) =>
      look < 3 ? { 'A@aggTrade': 7 } : { 'A@aggTrade': 9, 'A@depth@0ms': 40 },
    );
    expect(done).toEqual([MOVE]);
    expect(noted).toEqual([
      { hands: { 'worker-1': ['A', 'B'], 'worker-2': ['C', 'A'] }, change: { joinsRunning: true } },
      {
        hands: { 'worker-1': ['B'], 'worker-2': ['C', 'A'] },
        change: { reached: new Map([['A@aggTrade', 9], ['A@depth@0ms', 40]]) },
      },
    ]); // prettier-ignore
    expect(lines).toEqual(['SymbolMoved']);
  });

  it('leaves the symbol where it was when the taker does not deliver in time', async () => {
    const { done, noted, lines, looks } = await move(() => ({ 'A@aggTrade': 7 }));
    expect({ done, lines, looks }).toEqual({ done: [], lines: ['SymbolNotMoved'], looks: 150 });
    expect(noted.at(-1)?.hands).toEqual({ 'worker-1': ['A', 'B'], 'worker-2': ['C'] });
  });

  it('is not tried when the plan has changed since', async () => {
    const { noted, lines } = await move(
      () => ({}),
      [
        { symbol: 'GONE', from: 'worker-1', to: 'worker-2' },
        { symbol: 'C', from: 'worker-1', to: 'worker-2' },
        { symbol: 'A', from: 'worker-1', to: 'worker-9' },
      ],
    );
    expect({ lines, hands: noted.at(-1)?.hands }).toEqual({
      lines: [],
      hands: { 'worker-1': ['A', 'B'], 'worker-2': ['C'] },
    });
  });
});
