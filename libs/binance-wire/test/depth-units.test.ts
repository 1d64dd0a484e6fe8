import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  decodeDepthDiff,
  FrameFields,
  locateLevels,
  NOT_DEPTH,
  readFrameUnits,
  scanDepthFrame,
  scanDepthUnits,
  scanFrame,
} from '@org/binance-wire';
import fc from 'fast-check';
import { FRAMES } from './frames.ts';
import { anyTree, levels, print, string, style, token, type Tree } from './json-text.ts';
import { encode, readingOf } from './reading.ts';

type Scales = readonly [priceDecimals: number, quantityDecimals: number];

const general = new FrameFields();
const unitless = new FrameFields();
let knownFrames = 0;
let generalUnits = new Float64Array(40_000);

/** By the two general functions, which the other tests hold against the strict reader and JSON.parse. */
function scanInTwoSteps(bytes: Uint8Array, fields: FrameFields, ...scales: Scales): number {
  if (scanFrame(bytes, fields) !== 'depthUpdate') return NOT_DEPTH;
  const count = fields.bidCount + fields.askCount;
  if (2 * count > generalUnits.length) generalUnits = new Float64Array(4 * count);
  return readFrameUnits(fields, ...scales, generalUnits);
}

/** What a call returned or threw. */
function answerOf<Answer>(scan: () => Answer): Answer | string {
  try {
    return scan();
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

/** What differs between one step and two for a frame: the answer, the fields, the units; undefined when nothing does. */
function differenceOf(bytes: Uint8Array, fields: FrameFields, ...scales: Scales): string | undefined {
  const expected = answerOf(() => scanInTwoSteps(bytes, general, ...scales));
  const answer = answerOf(() => scanDepthUnits(bytes, fields, ...scales));
  if (answer !== expected) return `${answer}, expected ${expected}`;
  for (let at = 0; typeof expected === 'number' && at < 2 * expected; at++)
    if (fields.units[at] !== generalUnits[at])
      return `unit ${at}: ${fields.units[at]}, expected ${generalUnits[at]}`;
  return fieldsDifference(fields) ?? frameDifference(bytes);
}

/** What differs in the fields from those of the general scan, offsets of levels left out. */
function fieldsDifference(fields: FrameFields): string | undefined {
  if (fields.kind !== general.kind) return `kind ${fields.kind}, expected ${general.kind}`;
  if (fields.bidCount !== general.bidCount || fields.askCount !== general.askCount) return 'counts';
  if (fields.streamText() !== general.streamText()) return 'stream';
  for (let slot = 0; slot < general.starts.length; slot++) {
    if (fields.has(slot) !== general.has(slot)) return `slot ${slot}: present or absent`;
    if (general.has(slot) && fields.starts[slot] !== general.starts[slot]) return `slot ${slot}: start`;
    if (general.has(slot) && fields.ends[slot] !== general.ends[slot]) return `slot ${slot}: end`;
  }
  return undefined;
}

/** The same for the scan that reads no units, of all frames of a test one after the other. */
function frameDifference(bytes: Uint8Array): string | undefined {
  const expected = answerOf(() => scanFrame(bytes, general));
  const answer = answerOf(() => scanDepthFrame(bytes, unitless));
  if (!unitless.hasLevelOffsets) knownFrames++;
  return answer === expected ? fieldsDifference(unitless) : `${answer}, expected ${expected}`;
}

/** Fields that expect frames to look like this one. */
function learnt(frame: Uint8Array): FrameFields {
  const fields = new FrameFields();
  scanDepthUnits(frame, fields, 8, 8);
  scanDepthUnits(frame, fields, 8, 8);
  return fields;
}

const sided =
  '[["63943.90","46.371"],["64000.10","0.000"],["7","12"],["100000.5","7.25"],["0.00006615","5562.00000000"]]';
const frames = [
  `{"stream":"btcusdt@depth","data":{"e":"depthUpdate","E":12,"T":11,"s":"BTCUSDT","U":5,"u":7,"pu":4,"b":${sided},"a":${sided},"st":1}}`,
  `{"E":12,"T":10,"U":5,"a":${sided}, "x":{"u":[1,"é"]},"b":${sided},"e":"depthUpdate","s":"BTCUSDT","u":6}`,
];

const data = resolve('../shared/data');
const whenRecorded = existsSync(data) ? it : it.skip;

// First: what later tests send would be the layouts that it looks for.
whenRecorded(
  'are the same as in two steps for every depth frame of the recordings (needs ../shared/data)',
  () => {
    const names = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.gz'),
    );
    const fields = new FrameFields();
    let count = 0;
    let known = 0;
    knownFrames = 0;
    for (const name of names) {
      for (const line of gunzipSync(readFileSync(join(data, name)))
        .toString('latin1')
        .split('\n')) {
        if (!line.includes('"depthUpdate"')) continue;
        const difference = differenceOf(
          Buffer.from(line.slice(line.indexOf(' ') + 1), 'latin1'),
          fields,
          8,
          8,
        );
        if (difference !== undefined) throw new Error(`${name}: ${difference}: ${line}`);
        count++;
        if (!fields.hasLevelOffsets) known++;
      }
    }
    expect(count).toBeGreaterThan(20_000);
    expect(known / count).toBeGreaterThan(0.99);
    expect(knownFrames).toBeGreaterThan(0.8 * count);
  },
);

it('know the next frame by the one before, in whichever order its keys stand', () => {
  for (const frame of frames) {
    const fields = learnt(encode(frame));
    expect(fields.hasLevelOffsets).toBe(false);
    const next = encode(
      frame.replace('"E":12', '"E":1721347022530').replace('46.371', '0.5').replaceAll('BTC', '币安'),
    );
    expect(differenceOf(next, fields, 8, 8)).toBeUndefined();
    expect(fields.hasLevelOffsets).toBe(false);
    const before = readingOf(general);
    expect(decodeDepthDiff(fields)).toEqual(decodeDepthDiff(general));
    expect(readingOf(fields)).toEqual(before);
  }
});

it('tell where levels stand when asked, and other events from depth', () => {
  const frame = encode(frames[0]!);
  const fields = learnt(frame);
  expect(fields.priceDecimals).toBe(8);
  expect(readFrameUnits(fields, 8, 8, generalUnits)).toBe(10);
  scanDepthUnits(frame, fields, 8, 8);
  locateLevels(fields);
  expect(frame.subarray(fields.levels[0], fields.levels[1])).toEqual(encode('63943.90'));
  for (const other of Object.values(FRAMES))
    expect(differenceOf(encode(other), fields, 2, 3)).toBeUndefined();
});

it('are the same as in two steps, whichever byte was changed, dropped or added', () => {
  let known = 0;
  const differences: string[] = [];
  const compare = (bytes: Uint8Array, fields: FrameFields): void => {
    const difference = differenceOf(bytes, fields, 8, 8);
    if (difference !== undefined) differences.push(`${Buffer.from(bytes).toString()}: ${difference}`);
  };
  for (const frame of frames.map(encode)) {
    for (let at = 0; at < frame.length; at++) {
      const fields = learnt(frame);
      for (const byte of encode('"01.,[]}: -Ee\\\u0000')) {
        const longer = Uint8Array.of(...frame.subarray(0, at), byte, ...frame.subarray(at));
        for (const bytes of [frame.with(at, byte), longer]) {
          compare(bytes, fields);
          if (!fields.hasLevelOffsets) known++;
        }
      }
      compare(Uint8Array.of(...frame.subarray(0, at), ...frame.subarray(at + 1)), fields);
      compare(frame.subarray(0, at), fields);
    }
  }
  expect(differences).toEqual([]);
  expect(known).toBeGreaterThan(1500);
});

const id = fc.oneof(
  { weight: 20, arbitrary: fc.nat() },
  {
    weight: 1,
    arbitrary: fc.constantFrom('"7"', '1e3', '007', '0', '9007199254740993', '123456789012345', -1, null),
  },
);
const decimals = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(3, 5, 8) },
  fc.integer({ min: 0, max: 15 }),
);
const usualNumber = fc
  .tuple(fc.nat(99_999), fc.nat(999))
  .map(([a, b]) => `${a}.${String(b).padStart(3, '0')}`);
const number = fc.oneof(
  { weight: 30, arbitrary: usualNumber },
  { weight: 1, arbitrary: fc.stringMatching(/^\d{1,17}(\.\d{1,10})?$/) },
);
const sideOf = (numbers: fc.Arbitrary<string>): fc.Arbitrary<Tree> =>
  fc
    .array(fc.tuple(numbers, numbers), { maxLength: 4 })
    .map((side) => ({ items: side.map((level) => ({ items: level.map(string) })) }));
const anySide = fc.oneof({ weight: 8, arbitrary: sideOf(number) }, { weight: 1, arbitrary: levels });
const valuesOf = (
  ids: fc.Arbitrary<string | number | null>,
  side: fc.Arbitrary<Tree>,
  text: fc.Arbitrary<string>,
) => fc.record({ E: ids, U: ids, u: ids, pu: ids, T: ids, s: text.map(JSON.stringify), b: side, a: side });
/** Frames that differ in their values alone, as the exchange sends them, and such with anything in them. */
const usualSeries = fc.array(valuesOf(fc.nat(), sideOf(usualNumber), fc.stringMatching(/^[0-9A-Z_币安]*$/)), {
  minLength: 3,
  maxLength: 8,
});
const anySeries = fc.array(valuesOf(id, anySide, fc.string()), { minLength: 2, maxLength: 5 });

it('are the same as in two steps for frames after each other, in any order of keys and any spelling', () => {
  const keys = ['e', 'E', 'T', 's', 'U', 'u', 'pu', 'b', 'a', 'st', 'x'] as const;
  const order = fc.oneof(
    { weight: 2, arbitrary: fc.shuffledSubarray([...keys], { minLength: keys.length }) },
    { weight: 1, arbitrary: fc.shuffledSubarray([...keys], { minLength: 9 }) },
  );
  const event = (
    members: readonly string[],
    of: Record<string, Tree | string | number | null>,
    extra: Tree,
  ): Tree => ({
    members: members.map((key): [string, Tree] => {
      if (key === 'e') return [key, string('depthUpdate')];
      if (key === 'b' || key === 'a') return [key, of[key] as Tree];
      return [key, key === 'x' ? extra : token((of[key] ?? 1) as string | number)];
    }),
  });
  let known = 0;
  fc.assert(
    fc.property(
      order,
      fc.oneof(usualSeries, anySeries),
      anyTree,
      fc.tuple(fc.boolean(), decimals, decimals),
      fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, style),
      (members, series, extra, [isWrapped, ...scales], choices) => {
        const fields = new FrameFields();
        for (const of of series) {
          const data = event(members, of, extra);
          const tree: Tree = isWrapped ? { members: [['stream', string('x@depth')], ['data', data]] } : data; // prettier-ignore
          const bytes = encode(print(tree, choices?.() ?? (() => 1)));
          expect(differenceOf(bytes, fields, ...scales)).toBeUndefined();
          if (!fields.hasLevelOffsets) known++;
        }
      },
    ),
    { numRuns: 1500 },
  );
  expect(known).toBeGreaterThan(500);
});
