import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { FIRST_DAY, generateRecording, SECOND_DAY, SYMBOL } from './support/generated-recording.ts';
import { pack, sealDay } from './support/sealed-recording.ts';
import { verified } from './support/verify-run.ts';

/** Recordings that the runs share: made once each. */
const SEEDS = 3;
/** A run costs a tenth of a second. */
const RUNS = 25;

let root: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'book-inspector-properties-'));
  for (let seed = 0; seed < SEEDS; seed++) {
    const folder = join(root, `sound-${seed}`);
    await generateRecording(folder, seed);
    await sealDay(join(folder, SYMBOL), FIRST_DAY);
    // The second day stays plain: sealed without packing by some, and open by others.
    if (seed === 1) await sealDay(join(folder, SYMBOL), SECOND_DAY, 'none');
  }
});
afterAll(() => rmSync(root, { recursive: true }));

type Mutation = (content: Buffer, at: number) => Buffer;

const onLines =
  (change: (lines: string[], at: number) => string[]): Mutation =>
  (content, share) => {
    const lines = content.toString('latin1').split('\n');
    const at = Math.floor(share * (lines.length - 1));
    return Buffer.from(change(lines, at).join('\n'), 'latin1');
  };

/** What a fault may do to the content of a file; `at` is from 0 to 1. */
const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a row removed': onLines((lines, at) => lines.toSpliced(at, 1)),
  'a row doubled': onLines((lines, at) => lines.toSpliced(at, 0, lines[at]!)),
  'rows swapped': onLines((lines, at) =>
    lines.toSpliced(at, 2, lines[at + 1]!, lines[at]!).slice(0, lines.length),
  ),
  'a byte flipped': (content, at) => {
    const changed = Buffer.from(content);
    changed[Math.floor(at * content.length)]! ^= 0x01;
    return changed;
  },
  'the end cut': (content, at) => content.subarray(0, Math.floor(at * content.length)),
  'rows removed': onLines((lines, at) => lines.toSpliced(at, 7)),
};

describe('verify', () => {
  it('never calls a recording clean in which anything was changed', async () => {
    const mutation = fc.constantFrom(
      ...Object.keys(MUTATIONS),
      'a byte of the packed file flipped',
      'the file removed',
    );
    const at = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.nat(SEEDS - 1), fc.nat(), mutation, at, async (seed, pick, kind, share) => {
        const sound = join(root, `sound-${seed}`);
        const dataDir = join(root, 'mutated');
        cpSync(sound, dataDir, { recursive: true });
        try {
          const folder = join(dataDir, SYMBOL);
          const names = readdirSync(folder).filter((name) => /\.csv(\.gz)?$/.test(name));
          const name = names[pick % names.length]!;
          const before = readFileSync(join(folder, name));
          const isChanged = mutate(folder, name, kind, share);
          fc.pre(isChanged || kind === 'the file removed');
          const { errors } = await verified(dataDir);
          expect({ name, kind, isFound: errors > 0, bytes: before.length > 0 }).toMatchObject({
            isFound: true,
          });
        } finally {
          rmSync(dataDir, { recursive: true });
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('is clean for every recording that was not touched', async () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      const { findings, clean } = await verified(join(root, `sound-${seed}`));
      expect({ findings, clean }).toEqual({ findings: [], clean: true });
    }
  });
});

/** Whether the bytes of the file are others than before. */
function mutate(folder: string, name: string, kind: string, share: number): boolean {
  const path = join(folder, name);
  const before = readFileSync(path);
  if (kind === 'the file removed') {
    rmSync(path);
    return true;
  }
  const isPacked = name.endsWith('.gz');
  const raw = isPacked ? gunzipSync(before) : before;
  const mutation = MUTATIONS[kind];
  // The packed bytes themselves are changed where no mutation of the content is meant.
  const after = mutation === undefined ? MUTATIONS['a byte flipped']!(before, share) : mutation(raw, share);
  if (after.equals(mutation === undefined ? before : raw)) return false;
  writeFileSync(path, isPacked && mutation !== undefined ? pack(after) : after);
  return true;
}
