import type { FreeSpaceConfig } from '@org/config';
import { loadConfig } from '@org/config';
import fc from 'fast-check';
import { DISK_PACE, DISK_STAGES, ladderOf, type Rung, type Standing, standOn } from '../../src/disk/ladder.ts'; // prettier-ignore

const GIB = 1024 ** 3;
const { freeSpace: DEFAULTS } = loadConfig({ text: 'symbols: {pairs: [A]}' }).storage;
const sized = (warn: number, compress: number, shed: number, stop: number): FreeSpaceConfig => {
  const limit = (bytes: number) => ({ percent: 100, bytes });
  return { warn: limit(warn), compress: limit(compress), shed: limit(shed), stop: limit(stop) };
};
const ladder = (limits: FreeSpaceConfig, sheddable = 2) => ladderOf(limits, { totalBytes: 1000, sheddable });
const shown = (rungs: readonly Rung[]) =>
  rungs.slice(1).map(({ name, belowBytes }) => `${name} ${belowBytes}`);

describe('the ladder of a disk', () => {
  it.each([
    [4000, ['warn 20', 'compress-early 10', 'shed 1 5', 'shed 2 3.5', 'stop 2']],
    [100, ['warn 10', 'compress-early 5', 'shed 1 3', 'shed 2 2', 'stop 1']],
  ])('of %d GiB has by default the rungs %j in GiB', (totalGib, rungs) => {
    const found = ladderOf(DEFAULTS, { totalBytes: totalGib * GIB, sheddable: 2 });
    expect(shown(found.map((rung) => ({ ...rung, belowBytes: rung.belowBytes / GIB })))).toEqual(rungs);
  });

  it('has none of a stage whose limit is 0, and none to give up streams where there are none to give up', () => {
    expect(shown(ladder(sized(0, 0, 0, 0)))).toEqual([]);
    expect(shown(ladder(sized(40, 0, 20, 10), 0))).toEqual(['warn 40', 'stop 10']);
    expect(ladder(sized(40, 0, 20, 10)).map(({ packs }) => packs)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  it('begins each stage at the latest where the next one begins', () => {
    expect(shown(ladder(sized(1, 0, 20, 30)))).toEqual(['warn 30', 'shed 1 30', 'shed 2 30', 'stop 30']);
  });

  it('gives up what is kept for stores that are behind before it gives up a stream, where there are any', () => {
    const rungsOf = (limits: FreeSpaceConfig) =>
      ladderOf(limits, { totalBytes: 1000, sheddable: 1, hasSinks: true });
    const rungs = rungsOf(sized(40, 30, 20, 10));
    expect(rungs.map(({ name, stage, dropsHolds }) => [name, stage, dropsHolds])).toEqual([
      ['ok', 'ok', false],
      ['warn', 'warn', false],
      ['compress-early', 'compress-early', false],
      ['holds', 'compress-early', true],
      ['shed 1', 'shed', true],
      ['stop', 'stop', true],
    ]);
    expect(shown(rungsOf(sized(0, 0, 0, 10)))).toEqual(['holds 10', 'stop 10']);
    expect(shown(rungsOf(sized(0, 0, 0, 0)))).toEqual([]);
  });

  it('asks for packing and keeps streams given up on every rung behind', () => {
    const rungs = ladder(sized(40, 30, 20, 10));
    expect(rungs.map(({ stage, packs, shedStreams }) => [stage, packs, shedStreams])).toEqual([
      ['ok', false, 0],
      ['warn', false, 0],
      ['compress-early', true, 0],
      ['shed', true, 1],
      ['shed', true, 2],
      ['stop', true, 2],
    ]);
  });
});

/** The rungs on which a disk stands at its looks. */
function climb(
  rungs: readonly Rung[],
  looks: readonly { readonly freeBytes: number; readonly nowMs: number }[],
) {
  let standing: Standing | undefined;
  return looks.map((look) => {
    standing = standOn(rungs, standing, look);
    return rungs.indexOf(standing.rung);
  });
}

const every10s = (frees: readonly number[]) =>
  frees.map((freeBytes, at) => ({ freeBytes, nowMs: at * 10_000 }));
const anyLadder = fc
  .tuple(fc.nat(1000), fc.nat(1000), fc.nat(1000), fc.nat(1000), fc.nat(4))
  .map(([warn, compress, shed, stop, sheddable]) => ladder(sized(warn, compress, shed, stop), sheddable));

describe('where a disk stands', () => {
  const rungs = ladder(sized(400, 300, 200, 100));
  const names = (frees: readonly number[]) =>
    climb(rungs, every10s(frees)).map((index) => rungs[index]!.name);

  it('is told at once by what costs nothing, and later by what costs data', () => {
    const short = Array<number>(20).fill(50);
    const stood = names(short);
    expect(stood[0]).toBe('compress-early');
    expect(stood.indexOf('shed 2') * 10_000).toBe(DISK_PACE.shedAfterMs);
    expect(stood.indexOf('stop') * 10_000).toBe(DISK_PACE.stopAfterMs);
  });

  it('costs nothing when the disk was full for a minute', () => {
    expect(new Set(names([500, ...Array<number>(7).fill(0), 500, ...Array<number>(7).fill(0), 500]))).toEqual(
      new Set(['ok', 'compress-early']),
    );
  });

  it('gives up one stream after the other, and takes them back in reverse when there is room to spare', () => {
    const hold = (bytes: number) => Array<number>(12).fill(bytes);
    expect(names([199, 149, 179, 181, 239, 241, 359, 361, 479, 481].flatMap(hold)).filter((_, at) => at % 12 === 11)).toEqual([
      'shed 1', 'shed 2', 'shed 2', 'shed 1', 'shed 1', 'compress-early', 'compress-early', 'warn', 'warn', 'ok',
    ]); // prettier-ignore
  });

  it('is never higher with more space, whatever came before', () => {
    fc.assert(
      fc.property(
        anyLadder,
        fc.array(fc.tuple(fc.nat(1200), fc.nat(300)), { minLength: 1 }),
        (steps, history) => {
          const more = climb(steps, every10s(history.map(([free, extra]) => free + extra)));
          const less = climb(steps, every10s(history.map(([free]) => free)));
          for (const [at, rung] of less.entries()) expect(rung).toBeGreaterThanOrEqual(more[at]!);
        },
      ),
    );
  });

  it('changes once at most while the space moves within the hysteresis of a rung', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...rungs.slice(1)),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 60 }),
        ({ belowBytes }, noise) => {
          // No other rung has a limit of its own in this band.
          const spanBytes = Math.min(0.2 * belowBytes, 49);
          const stood = climb(
            rungs,
            every10s([belowBytes - 1, ...noise.map((part) => belowBytes - 1 + part * spanBytes)]),
          );
          const changes = stood.filter((rung, at) => at > 0 && rung !== stood[at - 1]);
          expect(changes.length).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it('goes down whenever the space has stayed above the hysteresis, and reaches ok on an empty disk', () => {
    fc.assert(
      fc.property(anyLadder, fc.array(fc.nat(1200)), (steps, history) => {
        expect(climb(steps, every10s([...history, 1201])).at(-1)).toBe(0);
      }),
    );
  });

  it('goes on from the nearest rung when the streams have changed', () => {
    const many = ladder(sized(400, 300, 200, 100), 4);
    const full = every10s(Array<number>(12).fill(101)).map((look) => look);
    let standing: Standing | undefined;
    for (const look of full) standing = standOn(many, standing, look);
    expect(standing!.rung.name).toBe('shed 4');
    const fewer = standOn(ladder(sized(400, 300, 200, 100), 1), standing, { freeBytes: 101, nowMs: 120_000 });
    expect(fewer.rung.name).toBe('shed 1');
    const none = standOn(ladder(sized(400, 300, 200, 100), 0), standing, { freeBytes: 101, nowMs: 120_000 });
    expect(none.rung.name).toBe('compress-early');
    expect(DISK_STAGES).toContain(none.rung.stage);
  });
});
