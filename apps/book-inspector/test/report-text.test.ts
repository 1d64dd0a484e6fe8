import { reportText } from '../src/cli/report-text.ts';
import type { GapEvent, ReplayView } from '../src/replay-view.ts';
import { GOOD_VIEW } from './support/view.ts';

const PLAIN = { colours: false, columns: 80 };

const GAP: GapEvent = {
  type: 'gap',
  lastUpdateId: 12,
  previousFinalUpdateId: 19,
  firstUpdateId: 20,
  finalUpdateId: 22,
  lastReceivedAtUs: 1_721_347_200_000_000,
  receivedAtUs: 1_721_347_201_000_001,
};

function report(changes: Partial<ReplayView> = {}, style = PLAIN): string {
  return reportText({ ...GOOD_VIEW, ...changes }, style);
}

describe('reportText', () => {
  it('draws asks above bids around the price, with bars, totals and the spread', () => {
    expect(report()).toBe(
      [
        'BTCUSDT   2024-07-19T00:00:00.123456Z   update id 4984057064916   in sync',
        '2 files   9,022 messages   9,017 applied   5 stale   1 snapshot   0 gaps   1.2 s',
        '1,500 bid levels   1,400 ask levels',
        '',
        ' total     bid                    │   price │                       ask   total',
        '                                  │ 63868.1 │ █████████████████  36.874  41.919',
        '                                  │ 63867.5 │ ██▌                 5.045   5.045',
        '                             spread 0.1 (0.016 bp)',
        ' 0.002   0.002                  ▐ │ 63867.4 │',
        '14.102  14.100            ▐██████ │ 63867.0 │',
        '',
        `sha256 ${'ab'.repeat(32)}`,
        '',
      ].join('\n'),
    );
  });

  it('fits into the columns of the terminal', () => {
    for (const columns of [72, 80, 100, 160]) {
      const ladder = report({}, { colours: false, columns }).split('\n').slice(4, 10);
      expect(Math.max(...ladder.map((line) => line.length))).toBeLessThanOrEqual(columns);
    }
  });

  it('colours asks red and bids green when asked to, and holds no escape otherwise', () => {
    const coloured = report({}, { colours: true, columns: 80 });
    expect(coloured).toContain('\u001b[31m63868.1\u001b[0m');
    expect(coloured).toContain('\u001b[32m63867.4\u001b[0m');
    expect(report()).not.toContain('\u001b');
    expect(coloured.replace(/\u001b\[\d+m/g, '').replace(/ +$/gm, '')).toBe(report());
  });

  it('adds up quantities exactly', () => {
    const bids = [['3', '0.1'], ['2', '0.2'], ['1', '9007199254740993.00000001']] as const; // prettier-ignore
    expect(report({ top: { bids, asks: [] } })).toContain('9007199254740993.30000001');
  });

  it('says which side is empty', () => {
    const text = report({ top: { bids: [], asks: [['1', '1']] }, bids: 0, bestBid: null });
    expect(text).toContain('no bids');
    expect(text).toContain('one side is empty');
    expect(report({ top: { bids: [], asks: [] } })).toContain('no asks');
  });

  it('names gaps with ids and times, and how they ended', () => {
    const synced = { type: 'synced', lastUpdateId: 30, firstUpdateId: 28, finalUpdateId: 31 } as const;
    const text = report({ gaps: 2, events: [GAP, { ...synced, receivedAtUs: 1_721_347_202_000_000 }, GAP] });
    expect(text).toContain(
      [
        'gap after update id 12 at 2024-07-19T00:00:00.000000Z',
        '    the next message is U 20 u 22 pu 19 at 2024-07-19T00:00:01.000001Z',
        '    in sync again with snapshot 30 at 2024-07-19T00:00:02.000000Z',
        'gap after update id 12 at 2024-07-19T00:00:00.000000Z',
        '    the next message is U 20 u 22 pu 19 at 2024-07-19T00:00:01.000001Z',
        '    not in sync again',
      ].join('\n'),
    );
  });

  it('lists twenty gaps and counts the others', () => {
    const text = report({ gaps: 25, events: Array.from({ length: 25 }, () => GAP) });
    expect(text.match(/gap after/g)).toHaveLength(20);
    expect(text).toContain('and 5 more gaps');
  });

  it('says when the book is not in sync, is only a snapshot, or is crossed', () => {
    expect(report({ state: 'gap' })).toContain('NOT IN SYNC');
    expect(report({ state: 'waiting' })).toContain('no diff has joined');
    expect(report({ crossed: true })).toContain('crossed');
  });

  it('tells every count that is not zero', () => {
    const text = report({
      pending: 1234,
      dropped: 2,
      refused: 3,
      rejected: 4,
      damaged: [{ file: 'a', problem: 'b' }],
    });
    const parts = ['1,234 waiting', '2 without', '3 malformed', '4 broken rows', '1 damaged file'];
    for (const part of parts) {
      expect(text).toContain(part);
    }
  });
});
