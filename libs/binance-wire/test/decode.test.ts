import {
  decodeAggTrade,
  decodeBookTicker,
  decodeDepthDiff,
  decodeDepthSnapshot,
  decodeKline,
  decodeMarkPrice,
  decodeTrade,
  FrameError,
  FrameFields,
  parseAnswer,
  scanDepthSnapshot,
  scanFrame,
} from '@org/binance-wire';
import { FRAMES, SNAPSHOT } from './frames.ts';
import { encode, outcomeOf } from './reading.ts';

const fields = new FrameFields();

function scanned(text: string): FrameFields {
  scanFrame(encode(text), fields);
  return fields;
}

describe('decoding', () => {
  it('gives a depth diff with its levels as sent', () => {
    expect(decodeDepthDiff(scanned(FRAMES.depthUpdate))).toEqual({
      symbol: 'BTCUSDT',
      eventTimeMs: 1787592539515,
      transactionTimeMs: 1787592539514,
      firstUpdateId: 11377001539649,
      finalUpdateId: 11377001557469,
      previousFinalUpdateId: 11377001539214,
      bids: [['78562.70', '0.775'], ['78562.80', '0.000']],
      asks: [['78570.00', '1.5']],
    }); // prettier-ignore
  });

  it('gives a spot diff without pu and T, and a symbol that is not ASCII', () => {
    expect(decodeDepthDiff(scanned(FRAMES.bareNumbers))).toMatchObject({
      transactionTimeMs: undefined,
      previousFinalUpdateId: undefined,
      bids: [['1.50', '2'], ['3', '4']],
      asks: [['7', '8']],
    }); // prettier-ignore
    expect(decodeDepthDiff(scanned(FRAMES.notAscii)).symbol).toBe('币安人生USDT');
  });

  it('gives a snapshot under the symbol that the caller names', () => {
    scanDepthSnapshot(encode(SNAPSHOT), fields);
    expect(decodeDepthSnapshot(fields, 'BTCUSDT')).toEqual({
      symbol: 'BTCUSDT',
      lastUpdateId: 4984028384061,
      eventTimeMs: 1721347022759,
      transactionTimeMs: 1721347022750,
      bids: [['63943.90', '46.372'], ['63943.80', '0.007']],
      asks: [['63944.00', '1.1']],
    }); // prettier-ignore
    scanDepthSnapshot(encode('{"asks":[],"bids":[["1","2"]],"lastUpdateId":7}'), fields);
    expect(decodeDepthSnapshot(fields, 'BNBBTC')).toMatchObject({
      lastUpdateId: 7,
      eventTimeMs: undefined,
      bids: [['1', '2']],
      asks: [],
    });
  });

  it('gives an aggregate trade', () => {
    expect(decodeAggTrade(scanned(FRAMES.aggTrade))).toEqual({
      symbol: 'BTCUSDT',
      eventTimeMs: 1791289872650,
      aggTradeId: 3408000000,
      price: '86117.80',
      quantity: '0.008',
      normalQuantity: '0.008',
      firstTradeId: 1,
      lastTradeId: 1,
      tradeTimeMs: 1791289872533,
      isBuyerMaker: true,
    });
    expect(decodeAggTrade(scanned(FRAMES.escaped))).toMatchObject({
      symbol: '币安USDT',
      normalQuantity: undefined,
      firstTradeId: -1,
      isBuyerMaker: false,
    });
  });

  it('gives a kline by keys that differ only by case', () => {
    expect(decodeKline(scanned(FRAMES.kline))).toEqual({
      symbol: 'BTCUSDT',
      eventTimeMs: 1785048483771,
      openTimeMs: 1785048480000,
      closeTimeMs: 1785048539999,
      interval: '1m',
      firstTradeId: 521512559,
      lastTradeId: 521512569,
      open: '1.5',
      high: '1.7',
      low: '1.4',
      close: '1.6',
      volume: '100',
      quoteVolume: '150',
      takerBuyVolume: '50',
      takerBuyQuoteVolume: '75',
      tradeCount: 11,
      isClosed: false,
      ignore: '0',
    });
  });

  it('gives a bookTicker of futures and of spot', () => {
    expect(decodeBookTicker(scanned(FRAMES.bookTicker))).toEqual({
      symbol: 'BTCUSDT',
      updateId: 11659858833361,
      bidPrice: '83680.00',
      bidQuantity: '7.816',
      askPrice: '83680.10',
      askQuantity: '1.566',
      eventTimeMs: 1790370834267,
      transactionTimeMs: 1790370834266,
    });
    expect(decodeBookTicker(scanned(FRAMES.spotBookTicker))).toMatchObject({
      updateId: 400900217,
      eventTimeMs: undefined,
    });
  });

  it('gives a trade and a mark price', () => {
    expect(decodeTrade(scanned(FRAMES.trade))).toEqual({
      symbol: 'BTCUSDT',
      eventTimeMs: 1790370834849,
      tradeId: 8121136411,
      price: '83680.00',
      quantity: '0.001',
      tradeTimeMs: 1790370834848,
      isBuyerMaker: true,
      executionType: 'MARKET',
    });
    expect(decodeMarkPrice(scanned(FRAMES.markPrice))).toEqual({
      symbol: 'BTCUSDT',
      eventTimeMs: 1790370835000,
      markPrice: '83680.1',
      averagePrice: '83680.2',
      indexPrice: '83690.5',
      estimatedSettlePrice: '83681.0',
      fundingRate: '-0.00001',
      nextFundingTimeMs: 1790380800000,
    });
  });

  it.each([
    ['no price', decodeAggTrade, FRAMES.aggTrade.replace('"p"', '"pp"')],
    ['a price that is none', decodeAggTrade, FRAMES.aggTrade.replace('86117.80', '-1')],
    ['a price that runs on', decodeAggTrade, FRAMES.aggTrade.replace('86117.80', '1 ')],
    ['an empty quantity', decodeTrade, FRAMES.trade.replace('0.001', '')],
    ['an id beyond 2^53', decodeTrade, FRAMES.trade.replace('8121136411', '9007199254740993')],
    ['a side that is neither', decodeTrade, FRAMES.trade.replace('"m":true', '"m":"yes"')],
    ['no bar', decodeKline, FRAMES.kline.replace('"k"', '"kk"')],
    [
      'an escaped price beside another',
      decodeBookTicker,
      FRAMES.bookTicker.replace('"83680.00"', '"\\u0038-"'),
    ],
  ] as const)('throws FrameError for %s', (_name, decode, text) => {
    expect(() => decode(scanned(text))).toThrow(FrameError);
  });
});

describe('a depth snapshot', () => {
  const scan = (text: string) => outcomeOf(scanDepthSnapshot, encode(text), fields);

  it('is refused when it ends at any earlier byte', () => {
    for (let length = 0; length < SNAPSHOT.length; length++)
      expect([length, scan(SNAPSHOT.slice(0, length))]).toEqual([length, 'refused']);
  });

  it.each([
    '', '[]', '<!DOCTYPE HTML><TITLE>ERROR</TITLE>', '{"code":-1003,"msg":"Too many requests"}', FRAMES.depthUpdate,
    '{"bids":[],"asks":[]}', '{"lastUpdateId":1,"bids":[]}', '{"lastUpdateId":1,"asks":[]}', '{"lastUpdateId":1.5,"bids":[],"asks":[]}',
    '{"lastUpdateId":null,"bids":[],"asks":[]}', '{"lastUpdateId":9007199254740993,"bids":[],"asks":[]}',
    '{"lastUpdateId":1,"bids":{},"asks":[]}', '{"lastUpdateId":1,"bids":[],"asks":"1"}', '{"lastUpdateId":1,"bids":[["-1","1"]],"asks":[]}',
    '{"lastUpdateId":1,"bids":[],"asks":[["1"]]}', '{"lastUpdateId":1,"bids":[],"asks":[]}x', '\ufeff{"lastUpdateId":1,"bids":[],"asks":[]}',
  ])('is not %j', (text) => expect(scan(text)).toBe('refused')); // prettier-ignore

  it('may have third elements, repeated sides and escapes', () => {
    const text = '{"lastUpdateId":"7","bids":[["9","9"]],"asks":[["1","2",[]]],"b\\u0069ds":[[3,"4"]]}';
    expect(scan(text)).toMatchObject({
      bids: [['3', '4']],
      asks: [['1', '2']],
      slots: [['lastUpdateId', '7']],
    });
  });
});

describe('an answer', () => {
  it.each([
    [FRAMES.acknowledged, { id: 1, result: null }],
    ['{"result":["btcusdt@depth@0ms"],"id":3}', { id: 3, result: ['btcusdt@depth@0ms'] }],
    ['{"id":2,"result":true}', { id: 2, result: true }],
    ['{"result":null,"id":null}', { id: undefined, result: null }],
    ['{"result":null,"id":"x"}', { id: undefined, result: null }],
    [FRAMES.refusedNested, { id: 3, error: { code: 2, message: 'Invalid request' } }],
    [FRAMES.refusedFlat, { id: 4, error: { code: 2, message: 'Invalid request' } }],
    [
      '{"code":-1121,"msg":"Invalid symbol."}',
      { id: undefined, error: { code: -1121, message: 'Invalid symbol.' } },
    ],
    [
      '{"error":{"code":3,"msg":"Invalid JSON: \\u5e01"}}',
      { id: undefined, error: { code: 3, message: 'Invalid JSON: 币' } },
    ],
  ])('is read from %s', (text, answer) => {
    expect(parseAnswer(encode(text))).toEqual(answer);
    expect(scanFrame(encode(text), fields)).toBe('answer');
  });

  it.each([
    '', 'null', '7', '[]', '{}', '{"id":1}', '{"error":"x","id":1}', '{"code":"99099990","msg":"illegal"}', '{"code":1}', '<html>', '{"result":',
    FRAMES.trade, FRAMES.depthUpdate, '{"e":"x","result":null}', '{"data":{},"result":null}', '{"stream":"x","data":{"result":null}}',
  ])('is not read from %j', (text) => expect(parseAnswer(encode(text))).toBeUndefined()); // prettier-ignore
});
