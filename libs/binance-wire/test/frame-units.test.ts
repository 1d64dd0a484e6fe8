import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  FrameFields,
  readFrameUnits,
  scanDepthSnapshot,
  scanDepthUnits,
  scanFrame,
  scanFrameSlowly,
} from '@org/binance-wire';
import { encode, outcomeOf } from './reading.ts';

const fields = new FrameFields();

it('are read from a snapshot, and from one of more levels than there was room for', () => {
  const levels = Array.from({ length: 5000 }, (_, at) => [`${60_000 + at}.50`, `0.${100 + (at % 900)}`]);
  const body = encode(JSON.stringify({ lastUpdateId: 5, bids: levels, asks: levels.slice(0, 3) }));
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
    const bytes = encode(json);
    const { b, a } = (JSON.parse(json) as { data: { b: string[][]; a: string[][] } }).data;
    const expected = [...b, ...a].flatMap(([price, quantity]) => [
      Math.round(Number(price) * 100),
      Math.round(Number(quantity) * 1000),
    ]);
    const read = scanDepthUnits(bytes, fields, 2, 3);
    if (read * 2 !== expected.length || expected.some((units, at) => units !== fields.units[at]))
      throw new Error(json);
    scanFrame(bytes, fields);
    readFrameUnits(fields, 2, 3, out);
    if (expected.some((units, at) => units !== out[at])) throw new Error(json);
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
      expect(outcomeOf(scanFrame, bytes, fields)).toEqual(expected);
      if (expected === 'refused') refused++;
    }
  }
  expect(refused).toBeGreaterThan(2000);
});
