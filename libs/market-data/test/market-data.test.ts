import fc from 'fast-check';
import {
  DecimalError,
  decimalsNeeded,
  decimalToUnits,
  isSymbol,
  parseStreamKey,
  parseSymbol,
  SymbolError,
  STREAM_NAMES,
  streamKind,
  unitsToDecimal,
  wireStreamName,
} from '@org/market-data';

const bytes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

describe('decimals', () => {
  it.each([
    ['63943.90', 2, 6394390, '63943.9'],
    ['0.00006547', 8, 6547, '0.00006547'],
    ['0', 0, 0, '0'],
    ['0.000', 3, 0, '0'],
    ['1000.00', 0, 1000, '1000'],
    ['00012.50', 2, 1250, '12.5'],
    ['9007199254740991', 0, Number.MAX_SAFE_INTEGER, '9007199254740991'],
  ])('reads %s with %i decimals as %i and prints %s', (text, decimals, units, printed) => {
    expect(decimalToUnits(text, decimals)).toBe(units);
    expect(unitsToDecimal(units, decimals)).toBe(printed);
  });

  it.each([
    '',
    '.',
    '1.',
    '.5',
    '-1',
    '+1',
    '1e3',
    '1,5',
    ' 1',
    '1 ',
    '٣',
    '0x1',
    'NaN',
    '1.2.3',
    '9007199254740992',
  ])('refuses %j', (text) => expect(() => decimalToUnits(text, 2)).toThrow(DecimalError));

  it('refuses more decimals than asked for instead of rounding', () => {
    expect(() => decimalToUnits('0.001', 2)).toThrow(/at most 2 decimals/);
  });

  it('gives every safe integer back through its text, at every scale', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 0, max: 12 }), (units, decimals) => {
        const text = unitsToDecimal(units, decimals);
        expect(text).toMatch(/^\d+(\.\d*[1-9])?$/);
        expect(decimalToUnits(text, decimals)).toBe(units);
        expect(decimalsNeeded(bytes(text), 0, text.length)).toBeLessThanOrEqual(decimals);
      }),
    );
  });
});

describe('symbols', () => {
  it.each(['BTCUSDT', '1000SHIBUSDT', 'BTCUSD_PERP', 'BTCUSDT_250627', '币安人生USDT', '我踏马来了USDT'])(
    'accepts %s',
    (symbol) => {
      expect(isSymbol(symbol)).toBe(true);
    },
  );

  it.each([
    '',
    '../BTCUSDT',
    'BTC/USDT',
    'BTC.USDT',
    'BTC USDT',
    'A'.repeat(65),
    '..',
    'BTC\u0000',
    'btcusdt',
    '币'.repeat(64) + 'X',
    'BTC-USDT',
    'BTC\n',
  ])('refuses %j', (symbol) => expect(isSymbol(symbol)).toBe(false));

  it('brings a symbol into the form of the exchange and refuses what is none', () => {
    expect(parseSymbol('btcusdt')).toBe('BTCUSDT');
    expect(() => parseSymbol('../etc')).toThrow(SymbolError);
  });

  it('never accepts text that could leave a folder', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        if (isSymbol(text)) expect(text).not.toMatch(/[./\\:\u0000-\u001f%]/);
      }),
    );
  });
});

describe('stream keys', () => {
  it('names a stream on the wire in lower case', () => {
    expect(wireStreamName({ symbol: 'BTCUSDT', stream: 'depth@0ms' })).toBe('btcusdt@depth@0ms');
  });

  it('parses what it formats and refuses the rest', () => {
    expect(parseStreamKey('BTCUSDT@depth@0ms')).toEqual({ symbol: 'BTCUSDT', stream: 'depth@0ms' });
    for (const text of ['BTCUSDT', '@depth', 'BTCUSDT@', '../X@depth', ''])
      expect(parseStreamKey(text)).toBeUndefined();
  });

  it('knows the kind of every stream it lists, and of no other', () => {
    for (const name of STREAM_NAMES) expect(streamKind(name)).toBeDefined();
    for (const name of ['aggtrade', 'depth@50ms', 'kline_7m', 'kline_', 'depth20', ''])
      expect(streamKind(name)).toBeUndefined();
  });
});
