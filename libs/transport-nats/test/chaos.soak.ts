import { join } from 'node:path';
import { playChaos, type Fault } from './chaos.ts';
import { itWithNats } from './cluster.ts';
import { temporaryFolder } from './csv-stores.ts';

const root = temporaryFolder();
const KINDS: readonly Fault[] = ['server', 'writer', 'forwarder', 'writer hangs'];
const FAULTS = 200;

describe('several machines, for long', () => {
  itWithNats(`store every row once and in order through ${FAULTS} faults at random`, async () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
    console.log(`SEED=${seed}`);
    const random = sequence(seed);
    const faults = Array.from({ length: FAULTS }, () => KINDS[Math.floor(random() * KINDS.length)]!);
    const { sent, stored, gaps, journalFaults } = await playChaos(join(root, 'chaos'), faults, 200);
    expect(journalFaults).toEqual([]);
    expect(gaps).toEqual([]);
    expect(stored).toEqual(sent);
  });
});

/** Mulberry32. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
