import { FrameFields, scanDepthSnapshot, scanFrame, scanFrameSlowly, SLOT } from '@org/binance-wire';
import fc from 'fast-check';
import { FRAMES, SNAPSHOT } from './frames.ts';
import type { Tree } from './json-text.ts';
import { anyScalar, anyTree, levels, print, string, style, token } from './json-text.ts';
import { differenceFromParsed, encode, outcomeOf, snapshotDifference } from './reading.ts';

const fields = new FrameFields();
const slowFields = new FrameFields();

type Member = readonly [key: string, value: Tree];
const id = fc.nat(2 ** 50).map(token);
const text = fc.constantFrom('BTCUSDT', '币安人生USDT', '63943.90', '0').map(string);
const scalar = fc.oneof(text, id, fc.boolean().map(token));
const keysOf = (scope: string) =>
  Object.keys(SLOT)
    .filter((name) => (scope === '' ? !name.includes('.') : name.startsWith(scope)))
    .map((name) => name.slice(scope.length));
const membersOf = (keys: readonly string[]): fc.Arbitrary<Tree> =>
  fc
    .array(fc.tuple(fc.constantFrom(...keys), fc.oneof(scalar, anyTree)), { maxLength: 20 })
    .map((members) => ({ members }));

/** Members that no event of the kind needs: known and unknown keys with any value. */
const extraKeys = [
  'stream',
  'data',
  'id',
  'result',
  '__proto__',
  '',
  'k',
  'o',
  'E ',
  'eE',
  '\u0000',
  ...keysOf(''),
];
const extra: fc.Arbitrary<Member> = fc.tuple(
  fc.oneof(fc.constantFrom(...extraKeys), fc.string({ maxLength: 3 })),
  anyTree,
);

const depth = fc.record({ E: id, T: id, s: text, U: id, u: id, pu: id, b: levels, a: levels });
const kline = fc.record({ E: id, s: text, k: membersOf(keysOf('k.')) });
const order = fc.record({ E: id, o: membersOf(keysOf('o.')) });
const plain = fc.record({
  E: id,
  s: text,
  p: text,
  q: text,
  m: scalar,
  t: id,
  u: id,
  b: scalar,
  B: text,
  a: scalar,
  A: text,
});
const events = fc.oneof(
  depth.map((event) => ['depthUpdate', event] as const),
  kline.map((event) => ['kline', event] as const),
  order.map((event) => ['forceOrder', event] as const),
  fc.tuple(fc.constantFrom('aggTrade', 'trade', 'bookTicker', '24hrTicker', 'unheardOf', undefined), plain),
);

/** Extra members stand first, so that what the event needs is the last of a repeated key; then some follow. */
const event: fc.Arbitrary<Tree> = fc
  .tuple(
    events,
    fc.array(extra, { maxLength: 3 }),
    fc.array(extra, { maxLength: 1 }),
    fc.infiniteStream(fc.nat()),
  )
  .map(([[kind, members], before, behind, order]) => {
    const needed = Object.entries(members) as Member[];
    if (kind !== undefined) needed.push(['e', string(kind)]);
    const shuffled = needed
      .map((member) => [order.next().value as number, member] as const)
      .toSorted((a, b) => a[0] - b[0]);
    return { members: [...before, ...shuffled.map(([, member]) => member), ...behind] };
  });

const envelope: fc.Arbitrary<Tree> = fc
  .tuple(event, text, fc.array(extra, { maxLength: 1 }), fc.boolean())
  .map(([data, stream, others, isDataFirst]) => {
    const both: Member[] = [
      ['stream', stream],
      ['data', data],
    ];
    return { members: [...others, ...(isDataFirst ? both.toReversed() : both)] };
  });

const isDepth = (parsed: unknown) => JSON.stringify(parsed).includes('"e":"depthUpdate"');

function parse(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
}

function canParse(bytes: Uint8Array): boolean {
  try {
    return typeof parse(bytes) === 'object' && parse(bytes) !== null;
  } catch {
    return false;
  }
}

it('reads any event in any spelling as JSON.parse does, by both paths', () => {
  fc.assert(
    fc.property(fc.oneof(event, envelope), style, (tree, choices) => {
      const printed = print(tree, choices());
      const outcome = outcomeOf(scanFrame, encode(printed), fields);
      expect(outcomeOf(scanFrameSlowly, encode(printed), slowFields)).toEqual(outcome);
      const parsed: unknown = JSON.parse(printed);
      if (outcome !== 'refused') expect(differenceFromParsed(fields, parsed)).toBeUndefined();
      else expect(isDepth(parsed)).toBe(true); // only a depth diff makes demands that JSON does not
    }),
    { numRuns: 1500 },
  );
});

it('never refuses a whole depth diff with unknown members', () => {
  const unknown = fc.tuple(
    fc.string({ minLength: 3, maxLength: 5 }).filter((key) => key !== 'data'),
    anyTree,
  );
  fc.assert(
    fc.property(depth, fc.array(unknown, { maxLength: 5 }), style, (members, others, choices) => {
      const known = [['e', string('depthUpdate')], ...Object.entries(members)] as Member[];
      const printed = print({ members: [...others, ...known] }, choices());
      expect(scanFrame(encode(printed), fields)).toBe('depthUpdate');
      expect(differenceFromParsed(fields, JSON.parse(printed))).toBeUndefined();
    }),
    { numRuns: 300 },
  );
});

it('reads any snapshot in any spelling as JSON.parse does', () => {
  const body = fc.tuple(id, levels, levels, fc.array(extra, { maxLength: 3 }), anyScalar);
  fc.assert(
    fc.property(
      body,
      fc.boolean(),
      style,
      ([lastUpdateId, bids, asks, others, pair], areAsksFirst, choices) => {
        const sides: Member[] = [
          ['bids', bids],
          ['asks', asks],
        ];
        const known: Member[] = [
          ...(areAsksFirst ? sides.toReversed() : sides),
          ['lastUpdateId', lastUpdateId],
        ];
        const printed = print({ members: [...others, ['pair', pair], ...known] }, choices());
        scanDepthSnapshot(encode(printed), fields);
        expect(snapshotDifference(fields, JSON.parse(printed) as Record<string, unknown>)).toBeUndefined();
      },
    ),
    { numRuns: 500 },
  );
});

/** One change of the bytes: a byte replaced, dropped or added, a part dropped or doubled. */
const mutation = fc.tuple(fc.constantFrom('replace', 'drop', 'add', 'cut', 'double'), fc.nat(), fc.nat(30), fc.oneof(
  fc.constantFrom(...encode('{}[]",:\\0-.eEu n\u0000')),
  fc.nat(255),
)); // prettier-ignore

function mutate(
  bytes: number[],
  [kind, position, length, byte]: readonly [string, number, number, number],
): number[] {
  const at = position % (bytes.length + 1);
  if (kind === 'replace') return bytes.with(Math.min(at, bytes.length - 1), byte);
  if (kind === 'drop') return bytes.toSpliced(at, 1);
  if (kind === 'add') return bytes.toSpliced(at, 0, byte);
  if (kind === 'cut') return bytes.toSpliced(at, length);
  return bytes.toSpliced(at, 0, ...bytes.slice(at, at + length));
}

const damaged = (sources: readonly string[]) =>
  fc
    .tuple(fc.constantFrom(...sources), fc.array(mutation, { minLength: 1, maxLength: 4 }))
    .map(([source, mutations]) =>
      Uint8Array.from(
        mutations.reduce(
          (bytes, change) => (bytes.length > 0 ? mutate(bytes, change) : bytes),
          [...encode(source)],
        ),
      ),
    );

it('refuses damaged frames by both paths or reads what JSON.parse reads', () => {
  let accepted = 0;
  fc.assert(
    fc.property(damaged(Object.values(FRAMES)), (bytes) => {
      const outcome = outcomeOf(scanFrame, bytes, fields);
      expect(outcomeOf(scanFrameSlowly, bytes, slowFields)).toEqual(outcome);
      if (outcome === 'refused') return;
      accepted++;
      expect(differenceFromParsed(fields, parse(bytes))).toBeUndefined();
    }),
    { numRuns: 6000 },
  );
  expect(accepted).toBeGreaterThan(300); // the damage leaves enough JSON for the comparison to mean something
});

it('refuses damaged frames only for a reason that JSON or a depth diff gives', () => {
  fc.assert(
    fc.property(
      damaged([FRAMES.trade, FRAMES.kline, FRAMES.forceOrder, FRAMES.session, FRAMES.ticker]),
      (bytes) => {
        const isRefused = outcomeOf(scanFrame, bytes, fields) === 'refused';
        const hasHalfPair = /\\u[dD][89a-fA-F]/.test(new TextDecoder().decode(bytes));
        expect(isRefused).toBe(!canParse(bytes) || hasHalfPair);
      },
    ),
    { numRuns: 3000 },
  );
});

it('refuses damaged snapshots or reads what JSON.parse reads', () => {
  fc.assert(
    fc.property(
      damaged([SNAPSHOT, SNAPSHOT.replace('"63943.90"', '1e2'), SNAPSHOT.replace('"46.372"', '46.372,[]')]),
      (bytes) => {
        if (outcomeOf(scanDepthSnapshot, bytes, fields) === 'refused') return;
        expect(snapshotDifference(fields, parse(bytes) as Record<string, unknown>)).toBeUndefined();
      },
    ),
    { numRuns: 3000 },
  );
});
