#!/usr/bin/env node
// Rows a second into each store, on this machine, its servers among it: `npm run bench:stores`. Each bench starts its own
// server, with data in a temporary folder, and says so where there is none.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const STORES = [
  ['PostgreSQL', 'libs/storage-postgres/bench/postgres.mjs'],
  ['InfluxDB', 'libs/storage-influx/bench/influx.bench.mjs'],
  ['Parquet', 'libs/storage-parquet/bench/compact.mjs'],
  ['NATS JetStream', 'libs/transport-nats/bench/forward.bench.mjs'],
];

let failed = 0;
for (const [title, script] of STORES) {
  console.log(`\n${title}`);
  const { status } = spawnSync(process.execPath, [resolve(import.meta.dirname, '..', script)], {
    stdio: 'inherit',
  });
  if (status !== 0) failed++;
}
process.exitCode = failed === 0 ? 0 : 1;
