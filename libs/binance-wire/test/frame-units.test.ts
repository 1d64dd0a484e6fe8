import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  FrameFields,
  readFrameUnits,
  scanDepthSnapshot,
  scanFrame,
  scanFrameSlowly,
} from '@org/binance-wire';
import { readLevelUnits } from '@org/market-data';
import fc from 'fast-check';
import { print, string, style, token, type Tree } from './json-text.ts';
import { encode, outcomeOf } from './reading.ts';

const gathered = new FrameFields({ gatherDigits: true });
const plain = new FrameFields();

const usual = fc.tuple(fc.nat(99_999), fc.nat(99)).map(([a, b]) => `${a}.${String(b).padStart(2, '0')}`);
const unusual = fc.oneof(
  fc.bigInt({ min: 0n, max: 10n ** 12n }).map(String),
  fc.tuple(fc.nat(999_999_999), fc.nat(99_999)).map(([a, b]) => `${a}.${b}`),
  fc.constantFrom('0', '0.0', '000', '999999999', '1234567890', '2147483648', '9999999.99', '12345678.90'),
);
const number = fc.oneof({ weight: 6, arbitrary: usual }, { weight: 1, arbitrary: unusual });
const side: fc.Arbitrary<Tree> = fc
  .array(fc.tuple(number, number), { maxLength: 10 })
  .map((levels) => ({ items: levels.map((level) => ({ items: level.map(string) })) }));
const decimals = fc.integer({ min: 0, max: 8 });

/** Prints without blanks and escapes, as the exchange does. */
const asSent = () => 1;

function unitsOf(fields: FrameFields, scales: readonly [number, number], isFromBytes: boolean) {
  const levels = fields.bidCount + fields.askCount;
  const out = new Float64Array(2 * levels);
  try {
    const read = isFromBytes
      ? readLevelUnits(fields.bytes, fields.levels, levels, ...scales, out)
      : readFrameUnits(fields, ...scales, out);
    return [...out.subarray(0, 2 * read)];
  } catch (error) {
    return (error as Error).message;
  }
}

it('are the same whether the scan gathers the digits or the bytes are read again', () => {
  fc.assert(
    fc.property(
      fc.record({ b: side, a: side }),
      fc.boolean(),
      fc.tuple(decimals, decimals),
      fc.option(style),
      ({ b, a }, areAsksFirst, scales, choices) => {
        const ids = ['E', 'U', 'u', 'pu'].map((key): [string, Tree] => [key, token(7)]);
        const sides: [string, Tree][] = areAsksFirst ? [['a', a], ['b', b]] : [['b', b], ['a', a]]; // prettier-ignore
        const tree = { members: [['e', string('depthUpdate')] as [string, Tree], ...ids, ...sides] };
        const bytes = encode(print(tree, choices?.() ?? asSent));
        expect(outcomeOf(scanFrame, bytes, gathered)).toEqual(outcomeOf(scanFrame, bytes, plain));
        const expected = unitsOf(plain, scales, true);
        expect(unitsOf(gathered, scales, false)).toEqual(expected);
        expect(unitsOf(plain, scales, false)).toEqual(expected);
      },
    ),
    { numRuns: 1500 },
  );
});

it('are read from a snapshot, and from one of more levels than there was room for', () => {
  const levels = Array.from({ length: 5000 }, (_, at) => [`${60_000 + at}.50`, `0.${100 + (at % 900)}`]);
  const body = encode(JSON.stringify({ lastUpdateId: 5, bids: levels, asks: levels.slice(0, 3) }));
  const fields = new FrameFields({ gatherDigits: true });
  scanDepthSnapshot(body, fields);
  const out = new Float64Array(2 * 5003);
  expect(readFrameUnits(fields, 2, 3, out)).toBe(5003);
  expect([...out.subarray(9998, 10_002)]).toEqual([6499950, 599, 6000050, 100]);
  expect(readFrameUnits(fields, 1, 3, out)).toBe(5003);
  expect(out[2]).toBe(600015);
  expect(readFrameUnits(fields, 0, 3, out)).toBe(0);
});

const recordings = resolve('../shared/data');
const whenRecorded = existsSync(recordings) ? it : it.skip;

whenRecorded('are those that Number gives for every level of a recording (needs ../shared/data)', () => {
  const path = join(recordings, 'usdm-2024-07-18/ethusdt_20240718.gz');
  const out = new Float64Array(20_000);
  let count = 0;
  for (const line of gunzipSync(readFileSync(path)).toString('latin1').split('\n')) {
    if (!line.includes('"depthUpdate"')) continue;
    const json = line.slice(line.indexOf(' ') + 1);
    scanFrame(encode(json), gathered);
    const { b, a } = (JSON.parse(json) as { data: { b: string[][]; a: string[][] } }).data;
    const expected = [...b, ...a].flatMap(([price, quantity]) => [
      Math.round(Number(price) * 100),
      Math.round(Number(quantity) * 1000),
    ]);
    const read = readFrameUnits(gathered, 2, 3, out);
    if (read * 2 !== expected.length || expected.some((units, at) => units !== out[at]))
      throw new Error(json);
    count += read;
  }
  expect(count).toBeGreaterThan(50_000);
});

it('come from no frame that the strict reader refuses, whichever byte of it was changed', () => {
  const levels = '[["63943.90","46.371"],["64000.10","0.000"],["7","12"],["100000.5","7.25"]]';
  const frame = `{"stream":"btcusdt@depth","data":{"e":"depthUpdate","E":12,"T":11,"s":"BTCUSDT","U":5,"u":7,"pu":4,"b":${levels},"a":${levels},"st":1}}`;
  const strict = new FrameFields();
  let refused = 0;
  for (let at = 0; at < frame.length; at++) {
    for (const byte of encode('"0159.,:[]{} -eEbp\\\u0000')) {
      const bytes = encode(frame);
      bytes[at] = byte;
      const expected = outcomeOf(scanFrameSlowly, bytes, strict);
      expect(outcomeOf(scanFrame, bytes, plain)).toEqual(expected);
      expect(outcomeOf(scanFrame, bytes, gathered)).toEqual(expected);
      if (expected === 'refused') refused++;
      else expect(unitsOf(gathered, [2, 3], false)).toEqual(unitsOf(strict, [2, 3], true));
    }
  }
  expect(refused).toBeGreaterThan(2000);
});
