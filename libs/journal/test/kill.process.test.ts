import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Journal } from '@org/journal';
import { readAll } from './producers.ts';
import { SeededRandom } from './sim-file-system.ts';

const PAYLOAD_BYTES = 1500;
const LIVES = 8;
const SEED = Number(process.env['SEED'] ?? Date.now() % 100_000);

/** The appender runs what was built, as users do. */
beforeAll(() => {
  if (!existsSync('libs/journal/dist/index.js'))
    throw new Error('not built: run npx tsc -b libs/journal/tsconfig.lib.json');
});

/** Runs an appender on the folder and kills it after so many acks. Returns its acks and what it complained about. */
function appendUntilKilled(dir: string, acksBeforeKill: number) {
  const appender = path.resolve('libs/journal/test/fixtures/appender.mjs');
  const child = spawn(process.execPath, [appender, dir, String(PAYLOAD_BYTES)]);
  let [output, complaint] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.split('\n').length > acksBeforeKill) child.kill('SIGKILL');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  return new Promise<{ readonly acks: string[]; readonly complaint: string }>((resolve) =>
    child.once('close', () => resolve({ acks: output.split('\n').slice(0, -1), complaint })),
  );
}

describe(`a journal whose process is killed again and again (SEED=${SEED})`, () => {
  it('has every acked batch once, in order, at its position', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'journal-'));
    try {
      const dir = path.join(folder, 'journal');
      const random = new SeededRandom(SEED);
      const acked: string[] = [];
      for (let life = 0; life < LIVES; life++) {
        const { acks, complaint } = await appendUntilKilled(dir, 1 + random.below(400));
        expect(complaint).toBe('');
        acked.push(...acks);
      }
      const journal = await Journal.open({ dir, segmentBytes: 256 * 1024, reserveBytes: 0 });
      expect(journal.recovery.damage).toEqual([]);
      const entries = await readAll(journal, 100_000);
      await journal.close();
      for (const { lane, seq, payload } of entries) {
        if (!payload.equals(Buffer.alloc(PAYLOAD_BYTES, `${lane}${seq};`)))
          throw new Error(`${lane} ${seq} has another payload`);
      }
      for (const wanted of ['a', 'b', 'c']) {
        const seqs = entries.filter(({ lane }) => lane === wanted).map(({ seq }) => seq);
        expect(seqs).toEqual(seqs.map((_, index) => index + 1));
      }
      const there = new Set(entries.map(({ lane, seq, position }) => `${lane} ${seq} ${position}`));
      expect(acked.filter((ack) => !there.has(ack))).toEqual([]);
      expect(acked.length).toBeGreaterThan(LIVES);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
