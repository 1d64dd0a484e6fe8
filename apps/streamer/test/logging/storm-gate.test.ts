import fc from 'fast-check';
import { StormGate, type StormLimits } from '../../src/logging/storm-gate.ts';

const LIMITS: StormLimits = {
  perSubjectMax: 3,
  windowMs: 1000,
  perSecondMax: 8,
  perEventMin: 2,
  eventsMax: 4,
  subjectsMax: 6,
};

const line = fc.record({
  level: fc.constantFrom('error' as const, 'warn' as const),
  event: fc.constantFrom('A', 'B', 'C', 'D', 'E', 'F'),
  subject: fc.constantFrom('', 's1', 's2', 's3', 's4', 's5', 's6', 's7'),
  afterMs: fc.integer({ min: 0, max: 300 }),
});

describe('the gate of a source', () => {
  it('admits or tells every line that is asked for, whatever comes when', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 300 }), (lines) => {
        const gate = new StormGate(LIMITS);
        const counts = { admitted: 0, told: 0, inWindow: 0 };
        let nowMs = 0;
        const end = (): void => {
          for (const { count } of gate.end()) counts.told += count;
          // What one window writes is bounded: the ceiling of each second, and a few of every event.
          expect(counts.inWindow).toBeLessThanOrEqual(8 + (4 + 2) * 2);
          counts.inWindow = 0;
        };
        for (const { afterMs, ...asked } of lines) {
          nowMs += afterMs;
          if (nowMs >= (gate.endsAtMs ?? Infinity)) end();
          if (!gate.admits(asked, nowMs)) continue;
          counts.admitted++;
          counts.inWindow++;
        }
        end();
        expect(counts.admitted + counts.told).toBe(lines.length);
      }),
    );
  });

  it('admits the first lines of an event however long another one has been storming', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500 }), fc.boolean(), (storm, hasStreams) => {
        const gate = new StormGate(LIMITS);
        for (let count = 0; count < storm; count++)
          gate.admits({ level: 'warn', event: 'Storm', subject: hasStreams ? `s${count}` : '' }, 0);
        const other = { level: 'error' as const, event: 'DiskFull', subject: '' };
        expect([gate.admits(other, 0), gate.admits(other, 0)]).toEqual([true, true]);
      }),
    );
  });

  it('counts a stream that storms apart from the others', () => {
    const gate = new StormGate(LIMITS);
    const ask = (subject: string): boolean => gate.admits({ level: 'warn', event: 'Silent', subject }, 0);
    expect(Array.from({ length: 5 }, () => ask('a'))).toEqual([true, true, true, false, false]);
    expect(ask('b')).toBe(true);
    expect(gate.end()).toEqual([{ level: 'warn', event: 'Silent', count: 2, subject: 'a' }]);
  });

  it('names no stream where several were kept back', () => {
    const gate = new StormGate({ ...LIMITS, perSubjectMax: 1 });
    for (const subject of ['a', 'a', 'b', 'b']) gate.admits({ level: 'warn', event: 'Silent', subject }, 0);
    expect(gate.end()).toEqual([{ level: 'warn', event: 'Silent', count: 2, subject: undefined }]);
  });

  it('begins anew with the next window', () => {
    const gate = new StormGate(LIMITS);
    const asked = { level: 'warn' as const, event: 'Silent', subject: '' };
    for (let count = 0; count < 10; count++) gate.admits(asked, 5000);
    expect(gate.endsAtMs).toBe(6000);
    gate.end();
    expect(gate.endsAtMs).toBeUndefined();
    expect(gate.admits(asked, 6000)).toBe(true);
  });

  it('keeps a bounded number of events and subjects', () => {
    const gate = new StormGate(LIMITS);
    for (let count = 0; count < 10_000; count++)
      gate.admits({ level: 'error', event: `E${count}`, subject: `s${count}` }, 0);
    const told = gate.end();
    expect(told.length).toBeLessThanOrEqual(LIMITS.eventsMax + 1);
    expect(told.at(-1)).toMatchObject({ event: '(other events)' });
  });
});
