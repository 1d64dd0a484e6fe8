// Batches a second and the time until an append resolves, on the real disk.
//   node libs/journal/bench/journal.bench.mjs [dir = a folder under the current one] [payload bytes = 1536]
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Journal } from '@org/journal';

const PACED_PER_SECOND = 5000;
const ROWS_PER_BATCH = 20;
const SECONDS = 5;
const LANES = 8;
const [folder = '.', payloadBytes = '1536'] = process.argv.slice(2);
const dir = mkdtempSync(path.join(folder, 'journal-bench-'));
try {
  await main(Number(payloadBytes));
} finally {
  rmSync(dir, { recursive: true });
}

async function main(bytes) {
  for (const lanes of [LANES, 400]) await paced(lanes, Buffer.alloc(bytes, 1));
  await saturated(Buffer.alloc(bytes, 1));
  await recovered();
}

/** The load of 100,000 rows a second; the appends of one tick come together, as from a socket. */
async function paced(lanes, payload) {
  const journal = await Journal.open({ dir: path.join(dir, `paced-${lanes}`) });
  const latenciesMs = [];
  const pending = [];
  const seqs = new Array(lanes).fill(0);
  const beganAtMs = performance.now();
  for (let sent = 0; sent < PACED_PER_SECOND * SECONDS;) {
    const due = Math.floor(((performance.now() - beganAtMs) / 1000) * PACED_PER_SECOND);
    for (; sent < due && sent < PACED_PER_SECOND * SECONDS; sent++) {
      const lane = sent % lanes;
      const sentAtMs = performance.now();
      const appended = journal.append({ lane: `lane-${lane}`, epoch: 1, seq: ++seqs[lane], payload });
      pending.push(appended.then(() => latenciesMs.push(performance.now() - sentAtMs)));
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(pending);
  report(`paced, ${lanes} lanes`, journal, performance.now() - beganAtMs, latenciesMs);
  await journal.close();
}

/** As fast as it goes with 256 batches on their way. */
async function saturated(payload) {
  const journal = await Journal.open({ dir: path.join(dir, 'saturated') });
  const latenciesMs = [];
  const beganAtMs = performance.now();
  const cpu = process.cpuUsage();
  const producer = async (lane) => {
    for (let seq = 1; performance.now() < beganAtMs + SECONDS * 1000; seq++) {
      const sentAtMs = performance.now();
      await journal.append({ lane, epoch: 1, seq, payload });
      latenciesMs.push(performance.now() - sentAtMs);
    }
  };
  await Promise.all(Array.from({ length: 256 }, (_, index) => producer(`lane-${index}`)));
  const { user, system } = process.cpuUsage(cpu);
  report('saturated, 256 in flight', journal, performance.now() - beganAtMs, latenciesMs);
  console.log(`  ${((user + system) / journal.stats().batches).toFixed(1)} us CPU a batch`);
  await journal.close();
}

async function recovered() {
  const beganAtMs = performance.now();
  const journal = await Journal.open({ dir: path.join(dir, 'saturated') });
  const { position, segments, damage, tornBytesCut } = journal.recovery;
  const openMs = performance.now() - beganAtMs;
  const facts = `${(position / 2 ** 20).toFixed(0)} MiB in ${segments} segments, damage ${damage.length}, torn ${tornBytesCut}`;
  console.log(`recovery: ${openMs.toFixed(0)} ms for ${facts}`);
  const follower = journal.follow({ name: 'bench', from: journal.stats().oldestPosition });
  const readAtMs = performance.now();
  let entries = 0;
  while (follower.position < position) entries += (await follower.next(4 * 2 ** 20)).length;
  const seconds = (performance.now() - readAtMs) / 1000;
  console.log(
    `reading back: ${(entries / seconds).toFixed(0)} batches/s, ${(position / 2 ** 20 / seconds).toFixed(0)} MiB/s`,
  );
  await journal.close();
}

function report(name, journal, elapsedMs, latenciesMs) {
  latenciesMs.sort((a, b) => a - b);
  const at = (share) => latenciesMs[Math.floor((latenciesMs.length - 1) * share)].toFixed(2);
  const rate = latenciesMs.length / (elapsedMs / 1000);
  const { groupSizes, syncs, syncMsMax } = journal.stats();
  console.log(
    `${name}: ${rate.toFixed(0)} batches/s = ${(rate * ROWS_PER_BATCH).toFixed(0)} rows/s, ` +
      `ack p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)} ms; ${syncs} syncs (longest ${syncMsMax.toFixed(0)} ms), ` +
      `group average ${groupSizes.average.toFixed(1)} max ${groupSizes.max}`,
  );
}
