import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../process/recorder.ts';
import { audit } from './audit.ts';

/* Whoever says that nothing is missing must be able to see what is. */
const TRADES =
  'agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker,normal_quantity,event_time,local_time,source';
const DEPTH =
  'local_time,event_time,transaction_time,first_update_id,final_update_id,prev_final_update_id,update_type,side,price,quantity';
const GAPS = 'stream,reason,last_id,next_id,last_time,next_time,detected_at,line,healed_by';

const trade = (id: number): string => `${id},1,1,1,1,1,true,,1,1,ws`;
const diff = (pu: number, u: number, price = 1): string =>
  `${u},1,1,${pu + 1},${u},${pu},diff,bid,${price},1`;
const gap = (stream: string, last: number, next: number, healedBy = ''): string =>
  `BTCUSDT@${stream},reconnect,${last},${next},1,1,1,0,${healedBy}`;

function auditOf(rows: { trades?: string[]; depth?: string[]; gaps?: string[]; tail?: string }) {
  const folder = temporaryFolder();
  try {
    const symbol = join(folder.path, 'BTCUSDT');
    mkdirSync(symbol);
    const write = (kind: string, header: string, lines: readonly string[] = [], tail = ''): void =>
      writeFileSync(join(symbol, `${kind}_2026-11-22.csv`), `${[header, ...lines].join('\n')}\n${tail}`);
    write('aggtrade', TRADES, rows.trades, rows.tail);
    write('depth', DEPTH, rows.depth);
    write('gaps', GAPS, rows.gaps);
    return audit(folder.path, ['BTCUSDT']);
  } finally {
    folder.remove();
  }
}

describe('the audit of a recording', () => {
  const trades = [1, 2, 3, 4].map(trade);
  const depth = [diff(0, 10), diff(10, 20), diff(20, 20, 2), diff(20, 30)];

  it('finds nothing in a sound one', () => {
    expect(auditOf({ trades, depth: [depth[0]!, depth[1]!, depth[3]!] })).toMatchObject({
      malformed: [], duplicated: [], undeclared: [], lost: 0, declared: 0, rows: 7,
    }); // prettier-ignore
  });

  it.each([
    ['a trade that is missing', { trades: [1, 2, 4].map(trade) }, { undeclared: ['BTCUSDT@aggTrade 3'], lost: 1 }],
    ['a trade that is there twice', { trades: [...trades, trade(2)] }, { duplicated: ['BTCUSDT@aggTrade 2'] }],
    ['a diff that is missing', { depth: [diff(0, 10), diff(20, 30)] }, { undeclared: ['BTCUSDT depth 10 20: no gap row'] }],
    ['a diff that is there twice', { depth: [diff(0, 10), diff(10, 20), diff(0, 10)] }, { duplicated: ['BTCUSDT depth 10'], undeclared: ['BTCUSDT depth 20 0: no gap row'] }],
    ['a level that is there twice', { depth: [diff(0, 10), diff(0, 10)] }, { duplicated: ['BTCUSDT depth 10 bid 1'] }],
    ['a line that is cut', { trades, tail: '5,1,1' }, { malformed: ['aggtrade_2026-11-22.csv: ends in the middle of a line'] }],
    ['a line with too few cells', { trades: [...trades, '5,1'] }, { malformed: ['aggtrade_2026-11-22.csv:6: 5,1'] }],
    ['a header in the middle', { trades: [...trades, TRADES] }, { malformed: [`aggtrade_2026-11-22.csv:6: ${TRADES}`] }],
  ])('finds %s', (_, rows, found) => {
    const { malformed, duplicated, undeclared, lost } = auditOf(rows);
    expect({ malformed, duplicated, undeclared, lost }).toMatchObject({ malformed: [], duplicated: [], undeclared: [], ...found });
  }); // prettier-ignore

  it('takes what a gap row names as declared, and not what was healed', () => {
    expect(auditOf({ trades: [1, 4].map(trade), gaps: [gap('aggTrade', 1, 4)] })).toMatchObject({ lost: 2, declared: 2, undeclared: [] });
    expect(auditOf({ trades: [1, 4].map(trade), gaps: [gap('aggTrade', 1, 4, 'rest')] })).toMatchObject({ lost: 2, declared: 0, undeclared: { length: 2 } });
    expect(auditOf({ depth: [diff(0, 10), diff(20, 30)], gaps: [gap('depth@0ms', 10, 20)] })).toMatchObject({ undeclared: [] });
  }); // prettier-ignore
});
