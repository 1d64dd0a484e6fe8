import {
  FrameError,
  FrameFields,
  scanDepthSnapshot,
  scanFrame,
  scanFrameSlowly,
  SLOT,
} from '@org/binance-wire';
import { FRAMES } from './frames.ts';
import { differenceFromParsed, encode, outcomeOf, readingOf } from './reading.ts';

const fields = new FrameFields();
const both = [scanFrame, scanFrameSlowly];

const bytesOf = (...parts: (string | number[])[]) =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...encode(part)] : part)));

describe.each(Object.entries(FRAMES))('the %s frame', (_, text) => {
  it('reads as JSON.parse reads it, by both paths', () => {
    for (const scan of both) {
      scan(encode(text), fields);
      expect(differenceFromParsed(fields, JSON.parse(text))).toBeUndefined();
    }
  });

  it('is refused by both paths when it ends at any earlier byte', () => {
    const bytes = encode(text);
    const accepted = both.flatMap((scan) =>
      Array.from(bytes.keys()).filter(
        (length) => outcomeOf(scan, bytes.subarray(0, length), fields) !== 'refused',
      ),
    );
    expect(accepted).toEqual([]);
  });

  it('is refused by both paths with anything but white space before or behind it', () => {
    for (const scan of both) {
      expect(outcomeOf(scan, encode(` \r\n\t${text}\n `), fields)).not.toBe('refused');
      for (const other of ['x', '}', '{}', ',', '\0', '\ufeff', '\u00a0', '"']) {
        expect(outcomeOf(scan, encode(text + other), fields)).toBe('refused');
        expect(outcomeOf(scan, encode(other + text), fields)).toBe('refused');
      }
    }
  });
});

describe('the plain path', () => {
  const inPlace = Object.entries(FRAMES).filter(
    ([name]) => !/escaped|bareNumbers|acknowledged|refused/.test(name),
  );

  it.each(inPlace)('reads the %s frame in place', (_, text) => {
    const bytes = encode(text);
    scanFrame(bytes, fields);
    expect(fields.bytes).toBe(bytes);
  });

  it('reads a diff with a blank between all parts in place', () => {
    const bytes = encode(JSON.stringify(JSON.parse(FRAMES.depthUpdate), undefined, 1));
    scanFrame(bytes, fields);
    expect(fields.bytes).toBe(bytes);
    expect([fields.bidCount, fields.askCount]).toEqual([2, 1]);
  });

  it('reads an envelope with new keys before, between and behind in place', () => {
    const bytes = encode(
      '{"v":[1],"data":{"e":"trade","t":1},"x":{"e":"kline"},"stream":"a@trade","e":"other"}',
    );
    expect(scanFrame(bytes, fields)).toBe('trade');
    expect(fields.bytes).toBe(bytes);
    expect(fields.streamText()).toBe('a@trade');
  });
});

describe.each(both.map((scan) => [scan.name, scan] as const))('%s', (_, scan) => {
  const read = (text: string) => {
    scan(encode(text), fields);
    return readingOf(fields);
  };

  it('keeps bids before asks when the asks come first', () => {
    const { bids, asks } = read(FRAMES.sortedKeys);
    expect(bids).toEqual([['1.5', '7']]);
    expect(asks).toEqual([
      ['2', '0'],
      ['3', '1'],
    ]);
  });

  it('keeps the last of repeated keys, sides, bars, orders, streams and data', () => {
    expect(read('{"e":"trade","t":1,"e":"kline","k":{"t":5,"n":1},"k":{"T":6}}')).toMatchObject({
      kind: 'kline',
      slots: [
        ['e', 'kline'],
        ['t', '1'],
        ['k.T', '6'],
      ],
    });
    const diff =
      '{"e":"depthUpdate","E":1,"U":1,"u":1,"b":[["1","1"]],"a":[["9","9"]],"b":[["2","2"],["3","3"]]}';
    expect(read(diff)).toMatchObject({
      bids: [
        ['2', '2'],
        ['3', '3'],
      ],
      asks: [['9', '9']],
    });
    expect(read('{"e":"forceOrder","o":{"q":"1"},"o":{"p":"2"}}').slots).toEqual([
      ['e', 'forceOrder'],
      ['o.p', '2'],
    ]);
    expect(read('{"e":"forceOrder","o":{"q":"1"},"o":"7"}').slots).toEqual([
      ['e', 'forceOrder'],
      ['o', '7'],
    ]);
    expect(read('{"e":"kline","k":{"n":1},"k":null}').slots).toEqual([['e', 'kline']]);
    expect(read('{"stream":"a","data":{"e":"trade"},"stream":"b","data":{"e":"kline"}}')).toMatchObject({
      kind: 'kline',
      stream: 'b',
    });
    expect(read('{"data":{"e":"trade"},"data":7}').kind).toBe('other');
    expect(read('{"e":"trade","t":1,"t":null}').slots).toEqual([['e', 'trade']]);
  });

  it('gives the levels of depth diffs only', () => {
    expect(read('{"e":"bookMap","b":[["1","2"]],"a":[["3","4"]]}')).toMatchObject({
      kind: 'other',
      bids: [],
      asks: [],
      slots: [['e', 'bookMap']],
    });
    expect(read('{"e":"odd","b":[1,{"x":2}],"a":"5"}')).toMatchObject({
      kind: 'other',
      slots: [
        ['e', 'odd'],
        ['a', '5'],
      ],
    });
  });

  it.each([
    ['an array', '[{"e":"24hrTicker"}]'],
    ['an empty object', '{}'],
    ['an empty array', '[]'],
    ['an event without a name', '{"lastUpdateId":160,"bids":[["0.0024","10"]],"asks":[]}'],
    ['an envelope without an event', '{"stream":"x","data":null}'],
    ['an envelope of an answer', '{"stream":"x","data":{"result":null,"id":1}}'],
    ['an answer with an event name', '{"e":"serverShutdown","result":null}'],
    ['a stream name alone', '{"stream":"x"}'],
    ['keys of the language', '{"__proto__":{"e":"trade"},"constructor":"trade","toString":1}'],
  ])('keeps %s as other', (_name, text) => expect(read(text).kind).toBe('other'));

  it('tells a bookTicker without a name from other events without one', () => {
    expect(read('{"u":1,"s":"A","b":"1","B":"2","a":"3","A":"4"}').kind).toBe('bookTicker');
    expect(read('{"u":1,"s":"A","b":[],"B":"2","a":[],"A":"4"}').kind).toBe('other');
    expect(read('{"u":1,"s":"A","b":"1","B":"2","a":"3"}').kind).toBe('other');
  });

  it('forgets the levels and slots of a larger frame', () => {
    read(FRAMES.depthUpdate);
    expect(read('{"e":"trade"}')).toEqual({
      kind: 'trade',
      stream: '',
      slots: [['e', 'trade']],
      bids: [],
      asks: [],
    });
  });

  it('reads 10,000 levels a side', () => {
    const side = Array.from({ length: 10_000 }, (__, index) => [`${index}.5`, `${index}`]);
    const event = { e: 'depthUpdate', E: 1, U: 1, u: 2, a: side.slice(1), b: side };
    const { bids, asks } = read(JSON.stringify(event));
    expect(bids).toEqual(side);
    expect(asks).toEqual(side.slice(1));
  });

  const inBar = (depth: number) =>
    `{"stream":"s","data":{"e":"kline","k":{"x":${'['.repeat(depth - 3)}${']'.repeat(depth - 3)}}}}`;
  const nested = (depth: number) => `{"e":"trade","x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;

  it('reads 64 levels of nesting and refuses 65', () => {
    expect(read(nested(64)).kind).toBe('trade');
    expect(read(inBar(64)).kind).toBe('kline');
    expect(outcomeOf(scan, encode(inBar(65)), fields)).toBe('refused');
    expect(outcomeOf(scan, encode(nested(65)), fields)).toBe('refused');
    expect(outcomeOf(scan, encode('['.repeat(1_000_000)), fields)).toBe('refused');
    expect(outcomeOf(scan, encode('{"a":'.repeat(200_000)), fields)).toBe('refused');
  });

  it('refuses a message of more than 4 MiB', () => {
    const text = (length: number) => `{"e":"trade","x":"${'y'.repeat(length - 20)}"}`;
    expect(text(100)).toHaveLength(100);
    expect(read(text(4 * 1024 * 1024)).kind).toBe('trade');
    expect(outcomeOf(scan, encode(text(4 * 1024 * 1024 + 1)), fields)).toBe('refused');
  });

  it.each([
    '', ' ', 'null', '1', '"x"', 'true', '{', '}', '{]', '[}', '{"e"}', '{"e":}', '{"e":1,}', '{,}', '[1,]', '[,1]',
    '{"e":1 "E":2}', "{'e':1}", '{e:1}', '{"e":01}', '{"e":+1}', '{"e":.5}', '{"e":1.}', '{"e":1e}', '{"e":-}',
    '{"e":0x1}', '{"e":NaN}', '{"e":Infinity}', '{"e":tru}', '{"e":True}', '{"e":nul}', '{"e":undefined}',
    '{"e":"a\nb"}', '{"e":"\\x41"}', '{"e":"\\u12"}', '{"e":"\\u12g4"}', '{"e":"\\ud800"}', '{"e":"\\udc00\\ud800"}',
    '{"e":"\\ud800\\u0041"}', '{"x":[1,2}', '{"x":{"y":1]}', '{"x":1}//', '/**/{"x":1}', '{"x":"', '{"x":"\\', '{"a\0":1}',
    '<html>', '{"e":"trade"}{"e":"trade"}', '[["1","2"],]', '{"e":"depthUpdate","E":1,"U":1,"u":1,"b":[["1","1"],],"a":[]}',
  ])('refuses %j', (text) => expect(outcomeOf(scan, encode(text), fields)).toBe('refused')); // prettier-ignore

  it.each([
    ['a lone continuation', [0x80]],
    ['a cut sequence', [0xe5, 0xb8]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['an overlong three', [0xe0, 0x80, 0xaf]],
    ['an overlong four', [0xf0, 0x80, 0x80, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a code point too high', [0xf4, 0x90, 0x80, 0x80]],
    ['a byte that never occurs', [0xff]],
  ])('refuses %s in a symbol, in a skipped value and in a key', (_name, broken) => {
    for (const frame of [
      bytesOf('{"e":"trade","s":"', broken, '"}'),
      bytesOf('{"e":"trade","x":["', broken, '"]}'),
      bytesOf('{"e":"trade","', broken, '":1}'),
    ]) {
      expect(outcomeOf(scan, frame, fields)).toBe('refused');
    }
  });

  const diff = (change: object) =>
    JSON.stringify({ e: 'depthUpdate', E: 1, T: 1, s: 'A', U: 1, u: 2, pu: 0, b: [], a: [], ...change });

  it.each([
    { U: undefined }, { u: undefined }, { E: undefined }, { U: '' }, { u: 1.5 }, { E: true }, { pu: 'x' }, { u: 2 ** 53 },
    { U: '9007199254740993' }, { b: undefined }, { a: undefined }, { b: '1' }, { a: {} }, { b: null }, { b: [[]] }, { b: [['1']] },
    { b: [[['1'], '1']] }, { b: ['1'] }, { a: [['', '1']] }, { a: [['1', '']] }, { a: [['-1', '1']] }, { a: [['1', '-1']] },
    { a: [['1e3', '1']] }, { a: [['1.', '1']] }, { a: [['.5', '1']] }, { a: [['1', ' 1']] }, { a: [['1', '1 ']] },
    { a: [['1,5', '1']] }, { a: [['٣', '1']] }, { a: [['1', true]] }, { a: [[null, '1']] }, { a: [[-1, 1]] }, { a: [['NaN', '1']] },
  ])('refuses a depth diff with %j', (change) => {
    expect(outcomeOf(scan, encode(diff(change)), fields)).toBe('refused');
    expect(outcomeOf(scan, encode(diff({})), fields)).not.toBe('refused');
  }); // prettier-ignore
});

describe('a key that is repeated', () => {
  const values = [
    '[]',
    '[["1","2"]]',
    '[7]',
    '{}',
    '{"t":1,"q":"2"}',
    'null',
    '1',
    '"x"',
    'true',
    '{"e":"trade","t":1}',
  ];
  const pairs = values.flatMap((first) => values.map((second) => [first, second] as const));

  it.each([
    ['b', '"e":"depthUpdate","E":1,"U":1,"u":1,"a":[]'],
    ['a', '"e":"depthUpdate","E":1,"U":1,"u":1,"b":[["5","6"]]'],
    ['u', '"e":"depthUpdate","E":1,"U":1,"a":[],"b":[]'],
    ['b', '"u":1,"s":"A","B":"2","a":"3","A":"4"'],
    ['b', '"e":"bookTicker"'],
    ['k', '"e":"kline"'],
    ['o', '"e":"forceOrder"'],
    ['e', '"t":1'],
    ['data', '"stream":"s"'],
    ['stream', '"data":{"e":"trade"}'],
    ['stream', '"e":"trade"'],
    ['result', '"id":1'],
    ['bids', '"lastUpdateId":1,"asks":[]'],
    ['asks', '"lastUpdateId":1,"bids":[["5","6"]]'],
    ['lastUpdateId', '"bids":[],"asks":[]'],
  ])('counts by its last value for %j beside %s', (key, others) => {
    const slowFields = new FrameFields();
    const isSnapshot = others.includes('"asks"') || others.includes('"bids"');
    for (const [first, second] of pairs) {
      for (const text of [
        `{"${key}":${first},${others},"${key}":${second}}`,
        `{${others},"${key}":${first},"${key}":${second}}`,
      ]) {
        const [bytes, lastOnly] = [encode(text), encode(`{${others},"${key}":${second}}`)];
        const scan = isSnapshot ? scanDepthSnapshot : scanFrame;
        const outcome = outcomeOf(scan, bytes, fields);
        expect([text, outcomeOf(scan, lastOnly, slowFields)]).toEqual([text, outcome]);
        if (isSnapshot) continue;
        expect([text, outcomeOf(scanFrameSlowly, bytes, slowFields)]).toEqual([text, outcome]);
        if (outcome !== 'refused') expect(differenceFromParsed(fields, JSON.parse(text))).toBeUndefined();
      }
    }
  });
});

describe('frame fields', () => {
  it('read integers of both signs up to 2^53 - 1, from numbers and from strings', () => {
    scanFrame(
      encode(`{"e":"kline","E":9007199254740991,"t":"12","f":-1,"l":-0,"L":"-9007199254740991"}`),
      fields,
    );
    expect(fields.integer(SLOT.E)).toBe(Number.MAX_SAFE_INTEGER);
    expect(fields.integer(SLOT.t)).toBe(12);
    expect(fields.integer(SLOT.f)).toBe(-1);
    expect(Object.is(fields.integer(SLOT.l), 0)).toBe(true);
    expect(fields.integer(SLOT.L)).toBe(Number.MIN_SAFE_INTEGER);
    expect(fields.integerOrUndefined(SLOT.u)).toBeUndefined();
  });

  it.each([
    '9007199254740992',
    '1e3',
    '1.0',
    '"x"',
    '""',
    '"-"',
    '"+1"',
    '" 1"',
    'true',
    '"99999999999999999999"',
  ])('refuse %s as an integer', (value) => {
    scanFrame(encode(`{"e":"trade","t":${value}}`), fields);
    expect(() => fields.integer(SLOT.t)).toThrow(FrameError);
    expect(() => fields.integerOrUndefined(SLOT.t)).toThrow(FrameError);
  });

  it('refuse the text and the integer of an absent slot by name', () => {
    scanFrame(encode('{"e":"trade"}'), fields);
    expect(() => fields.text(SLOT.p)).toThrow('expected a value for "p"');
    expect(() => fields.integer(SLOT['k.T'])).toThrow('expected an integer for "k.T"');
  });
});

describe('a frame error', () => {
  const errorOf = (bytes: Uint8Array): FrameError => {
    try {
      scanFrame(bytes, fields);
    } catch (error) {
      if (error instanceof FrameError) return error;
    }
    throw new Error('expected a FrameError');
  };

  it('names its code, the byte and what was found there', () => {
    const error = errorOf(encode('{"e":"trade","t":x}'));
    expect(error).toMatchObject({ name: 'FrameError', code: 'MESSAGE_MALFORMED', byteOffset: 17 });
    expect(error.message).toBe("message byte 17 of 19: expected a JSON value, was 'x}'");
    expect(error.excerpt).toBe('{"e":"trade","t":x}');
  });

  it('shows at most 200 printable characters around the fault', () => {
    const error = errorOf(encode(`{"x":"${'\u5e01'.repeat(500)}\u0000\u001b[31m\n${'\\n'.repeat(500)}`));
    expect(error.excerpt.length).toBeGreaterThan(150);
    expect(error.excerpt.length).toBeLessThanOrEqual(200);
    expect(`${error.excerpt}${error.message}`).toMatch(/^[\x20-\x7e]*$/);
    expect(error.excerpt).toContain('\\x00\\x1b[31m\\x0a');
  });

  it('points into the message for every demand on a depth diff', () => {
    const text = '{"e":"depthUpdate","E":1,"U":1.5,"u":2,"b":[],"a":[["1","x"]]}';
    expect(errorOf(encode(text)).byteOffset).toBe(text.indexOf('"x"'));
    expect(errorOf(encode(text.replace('x', '2'))).byteOffset).toBe(text.indexOf('1.5'));
  });
});
