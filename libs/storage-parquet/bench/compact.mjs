/*
 * How fast CSV.gz becomes Parquet, and with how much memory: `node libs/storage-parquet/bench/compact.mjs [rows]`. The rows
 * look like those of a busy contract; checksums, types, order and every row are checked as in the recorder.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { compactDay, ParquetEngine } from '@org/storage-parquet';

const DATE = '2026-01-02';
const START_US = Date.UTC(2026, 0, 2) * 1000;
const MEMBER_BYTES = 1024 * 1024;
const HEADERS = {
  depth:
    'local_time,event_time,transaction_time,first_update_id,final_update_id,prev_final_update_id,update_type,side,price,quantity',
  aggtrade:
    'agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker,normal_quantity,event_time,local_time,source',
};

let state = 1;
const random = (below) => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const price = () => (60_000 + random(10_000) / 10).toFixed(2);
const quantity = () => (random(10_000) / 1000).toFixed(3);

function* depthRows(count) {
  let [timeUs, u] = [START_US, 5_000_000_000_000];
  for (let made = 0; made < count;) {
    const pu = u;
    timeUs += 1000 + random(50_000);
    u += 10 + random(500);
    const timeMs = Math.floor(timeUs / 1000);
    for (let level = random(80); level >= 0 && made < count; level--, made++)
      yield `${timeUs},${timeMs - 3},${timeMs - 5},${pu + 7},${u},${pu},diff,${random(2) === 0 ? 'bid' : 'ask'},${price()},${quantity()}\n`;
  }
}

function* tradeRows(count) {
  let timeUs = START_US;
  for (let id = 2_000_000_000; id < 2_000_000_000 + count; id++) {
    timeUs += 1000 + random(50_000);
    const timeMs = Math.floor(timeUs / 1000);
    yield `${id},${price()},${quantity()},${5 * id},${5 * id + 3},${timeMs - 2},${random(2) === 0},,${timeMs},${timeUs},ws\n`;
  }
}

function writeSealed(folder, kind, rows) {
  const members = [];
  let text = `${HEADERS[kind]}\n`;
  for (const row of rows) {
    text += row;
    if (text.length < MEMBER_BYTES) continue;
    members.push(gzipSync(text));
    text = '';
  }
  members.push(gzipSync(text));
  const bytes = Buffer.concat(members);
  const name = `${kind}_${DATE}.csv.gz`;
  writeFileSync(join(folder, name), bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  writeFileSync(join(folder, `${name}.CHECKSUM`), `${sha256}  ${name}\n`);
  return bytes.length;
}

const rows = Number(process.argv[2] ?? 3_000_000);
const outputDir = mkdtempSync(join(tmpdir(), 'bench-parquet-'));
try {
  const folder = join(outputDir, 'BTCUSDT');
  mkdirSync(folder);
  const packed = {
    depth: writeSealed(folder, 'depth', depthRows(rows)),
    aggtrade: writeSealed(folder, 'aggtrade', tradeRows(rows)),
  };
  const engine = await ParquetEngine.open();
  for (const kind of Object.keys(HEADERS)) {
    const startedMs = performance.now();
    const cpuBefore = process.cpuUsage();
    const [outcome] = await compactDay({
      engine,
      outputDir,
      symbol: 'BTCUSDT',
      date: DATE,
      kinds: [kind],
      nowMs: Infinity,
    });
    if (outcome?.result !== 'written' || outcome.rows !== rows) throw new Error(JSON.stringify(outcome));
    const seconds = (performance.now() - startedMs) / 1000;
    const { user, system } = process.cpuUsage(cpuBefore);
    const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
    console.log(
      `${kind}: ${rows} rows, ${Math.round(rows / seconds / 1000)}k rows/s, ${((user + system) / rows).toFixed(2)} µs of CPU a row; ` +
        `${megabytes(packed[kind])} CSV.gz, ${megabytes(statSync(outcome.path).size)} Parquet`,
    );
  }
  engine.close();
  console.log(`peak memory of the process: ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`);
} finally {
  rmSync(outputDir, { recursive: true });
}
