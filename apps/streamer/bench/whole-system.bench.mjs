/**
 * The whole recorder under a load over TLS: all its processes, journal with fdatasync, live books, CSV files. After a build:
 *
 *   node apps/streamer/bench/whole-system.bench.mjs [flood|exchange|idle|peer …] [--data DIR] [--dir DIR]
 *     [--full-cache] [--cpu-prof DIR]
 *
 * flood     20 symbols, depth alone, as fast as one machine of two cores can play it: what one message costs
 * exchange  600 symbols at 4,500 messages a second for a minute, with three bursts of 20,000 for 5 s
 * idle      50 symbols at 20 messages a second each
 * peer      20 symbols, depth alone, at a rate that both can take: this recorder, then one made of ws, JSON.parse, the book
 *           of tardis-dev and csv-writer, in one process and without a journal (bench/peers; `npm run bench` installs it)
 *
 * Books and depth events are those of `--data` (captures; default ../shared/data/usdm-2024-07-18), or made up where there
 * are none. `--full-cache` fills the page cache first, as it is on a machine that has recorded for hours, and counts what the
 * kernel needs to make room. What is stored is counted and held against what was sent; a difference or a gap row is exit code 1.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { fillPageCache } from './page-cache.mjs';
import { kernelReclaim, processTree } from './process-tree.mjs';
import { runPeer } from './peer-recorder.mjs';
import { makeFolder, startExchange, startRecorder, stop } from './recorder-under-load.mjs';
import { storedEvents } from './stored-events.mjs';

const DEPTH_ONLY = ['depth@0ms'];
const ALL = ['aggTrade', 'depth@0ms', 'kline_1m'];
/** More request weight than the exchange gives, so that hundreds of books need seconds and not minutes to begin. */
const WEIGHT = ['--weight-limit', '240000'];

const SCENARIOS = {
  flood: { symbols: 20, streams: DEPTH_ONLY, rate: 25_000, bursts: [], warmSeconds: 15, seconds: 20 },
  exchange: {
    symbols: 600, streams: ALL, rate: 4500, warmSeconds: 45, seconds: 60,
    bursts: [10, 27, 44].map((atSecond) => ({ atSecond, seconds: 5, rate: 20_000 })),
  },
  idle: { symbols: 50, streams: ALL, rate: 1000, bursts: [], warmSeconds: 60, seconds: 30 },
  peer: { symbols: 20, streams: DEPTH_ONLY, rate: 8000, bursts: [], warmSeconds: 15, seconds: 20, hasPeer: true },
}; // prettier-ignore

/** The last messages reach the files within this. */
const SETTLE_MS = 3000;
const SAMPLE_MS = 1000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string', default: '../shared/data/usdm-2024-07-18' },
    dir: { type: 'string', default: '.' },
    'cpu-prof': { type: 'string' },
    'full-cache': { type: 'boolean', default: false },
  },
});
for (const name of positionals.length === 0 ? Object.keys(SCENARIOS) : positionals) {
  if (SCENARIOS[name] === undefined) throw new Error(`expected ${Object.keys(SCENARIOS)}, was ${name}`);
  await run(name, SCENARIOS[name]);
}

async function run(name, scenario) {
  const folder = makeFolder(path.resolve(values.dir));
  const running = [];
  try {
    if (values['full-cache']) fillPageCache(folder);
    const exchange = await startExchange(folder, exchangeFlags(scenario));
    running.push(exchange.child);
    const profile = values['cpu-prof'];
    const recorder = await startRecorder(
      folder,
      exchange,
      { pairs: pairs(scenario.symbols), streams: scenario.streams },
      profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${path.resolve(profile)}`],
    );
    running.push(recorder.child);
    const measured = await measure(scenario, exchange, recorder);
    const exitCode = await stop(recorder.child);
    await stop(exchange.child);
    const sent = JSON.parse(readFileSync(exchange.reportFile, 'utf8'));
    print(name, scenario, { ...measured, sent, exitCode, stored: await storedEvents(recorder.dataDir) });
    if (scenario.hasPeer) await comparePeer(scenario, folder, measured);
  } finally {
    for (const child of running.reverse()) await stop(child);
    rmSync(folder, { recursive: true });
  }
}

function pairs(count) {
  return Array.from({ length: count }, (_, index) => `SIM${String(index + 1).padStart(4, '0')}USDT`);
}

/** The load falls silent at the end, so that everything that was sent has a chance to arrive. */
function exchangeFlags({ symbols, rate, bursts, warmSeconds, seconds }) {
  const times = bursts.map((burst) => `${burst.seconds}s:${burst.rate}@${warmSeconds + burst.atSecond}s`);
  const silence = `3600s:0.001@${warmSeconds + seconds}s`;
  const data = existsSync(values.data) ? ['--load-data', values.data] : [];
  return [
    '--symbol-count', String(symbols), '--load', String(rate), '--bursts', [...times, silence].join(','), ...data, ...WEIGHT,
  ]; // prettier-ignore
}

async function measure({ warmSeconds, seconds, symbols }, exchange, recorder) {
  const beganAtMs = await loadBegan(exchange);
  const inSync = waitForBooks(recorder, symbols, beganAtMs);
  await sleepUntil(beganAtMs + warmSeconds * 1000);
  const booksAfterMs = await inSync;
  const before = recorderProcesses(recorder);
  const exchangeBefore = processTree(exchange.child.pid);
  const sentBefore = await sentMessages(exchange);
  let privateBytesMax = 0;
  const endAtMs = beganAtMs + (warmSeconds + seconds) * 1000;
  while (Date.now() < endAtMs) {
    const total = [...processTree(recorder.child.pid).values()].reduce(
      (sum, one) => sum + one.privateBytes,
      0,
    );
    privateBytesMax = Math.max(privateBytesMax, total);
    await sleepUntil(Math.min(endAtMs, Date.now() + SAMPLE_MS));
  }
  await sleepUntil(endAtMs + SETTLE_MS);
  return {
    booksAfterMs,
    privateBytesMax,
    cpu: cpuSince(before, recorderProcesses(recorder)),
    exchangeCpu: total(cpuSince(exchangeBefore, processTree(exchange.child.pid))),
    messages: (await sentMessages(exchange)) - sentBefore,
    status: await recorder.status(),
  };
}

/** With the kernel's own work on a page cache that is full. */
function recorderProcesses({ child }) {
  return new Map([...processTree(child.pid), ...(values['full-cache'] ? kernelReclaim() : [])]);
}

async function loadBegan(exchange) {
  for (let tries = 0; tries < 300; tries++) {
    const { load } = await report(exchange);
    if (load.startedAtMs !== undefined) return load.startedAtMs;
    await sleepUntil(Date.now() + 100);
  }
  throw new Error('the recorder subscribed to no depth stream');
}

async function waitForBooks(recorder, symbols, beganAtMs) {
  for (;;) {
    const { books } = await recorder.status();
    if (books.filter(({ state }) => state === 'live').length === symbols) return Date.now() - beganAtMs;
    if (Date.now() - beganAtMs > 600_000) throw new Error('not all books came into sync within 10 minutes');
    await sleepUntil(Date.now() + 500);
  }
}

async function sentMessages(exchange) {
  const { load } = await report(exchange);
  return Object.values(load.sent).reduce((sum, count) => sum + count, 0);
}

/** The control port's certificate is the exchange's own. */
async function report(exchange) {
  const { request } = await import('node:https');
  const options = { ca: readFileSync(exchange.certificate) };
  return new Promise((resolve, reject) => {
    request(new URL('/simulator/report?books=none', exchange.restUrl), options, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
    })
      .on('error', reject)
      .end();
  });
}

/** By role: `{ cpuMs, systemMs }` of all its processes. */
function cpuSince(before, after) {
  const used = new Map();
  for (const [pid, { role, cpuMs, systemMs }] of after) {
    const sum = used.get(role) ?? { cpuMs: 0, systemMs: 0 };
    sum.cpuMs += cpuMs - (before.get(pid)?.cpuMs ?? 0);
    sum.systemMs += systemMs - (before.get(pid)?.systemMs ?? 0);
    used.set(role, sum);
  }
  return used;
}

function total(cpu) {
  const sum = { cpuMs: 0, systemMs: 0 };
  for (const { cpuMs, systemMs } of cpu.values()) {
    sum.cpuMs += cpuMs;
    sum.systemMs += systemMs;
  }
  return sum;
}

function print(name, { symbols, seconds, rate }, result) {
  const { cpu, messages, exchangeCpu, privateBytesMax, booksAfterMs, status, sent, stored } = result;
  const cost = ({ cpuMs, systemMs }) => {
    const us = (ms) => ((ms * 1000) / messages).toFixed(2);
    return `${us(cpuMs).padStart(7)} us of CPU a message, ${us(systemMs)} of it in the kernel`;
  };
  const { p50, p99, p999 } = status.receiptToDurableMs;
  const all = total(cpu);
  console.log(`\n${name}: ${symbols} symbols, ${messages} messages in ${seconds} s (${rate}/s asked for)`);
  for (const [role, used] of cpu) console.log(`  ${role.padEnd(11)} ${cost(used)}`);
  console.log(`  all         ${cost(all)}; ${(all.cpuMs / seconds / 10).toFixed(1)} % of a core`);
  console.log(`  exchange    ${cost(exchangeCpu)}; at most ${Math.round(sent.load.behindMs)} ms late`);
  console.log(`  private memory of all processes: ${(privateBytesMax / 1e6).toFixed(0)} MB at most`);
  console.log(
    `  receipt to durable: p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, p99.9 ${p999.toFixed(1)} ms`,
  );
  console.log(`  all books in sync ${(booksAfterMs / 1000).toFixed(1)} s after the first subscription`);
  console.log(`  ${balance(sent, stored)}`);
  if (result.exitCode !== 0) fail(`the recorder ended with exit code ${result.exitCode}`);
}

/** Streams that were sent and stored, and what differs. */
function balance(sent, stored) {
  let [events, lost, extra, gapRows] = [0, 0, 0, 0];
  for (const [stream, { frames }] of Object.entries(sent.streams)) {
    const [symbol, type] = stream.split('@');
    const kind = type.startsWith('kline') ? 'kline' : type.toLowerCase();
    const found = stored.get(`${symbol.toUpperCase()} ${kind}`) ?? 0;
    events += frames;
    lost += Math.max(0, frames - found);
    extra += Math.max(0, found - frames);
  }
  for (const [key, rows] of stored) if (key.endsWith(' gaps')) gapRows += rows;
  if (lost + extra + gapRows > 0) fail('what is stored is not what was sent');
  const levels = (stored.get('levels') / stored.get('diffs')).toFixed(1);
  return `sent ${events}, lost ${lost}, twice ${extra}, gap rows ${gapRows}; ${levels} levels a depth message`;
}

/** The same load once more, for the peer. */
async function comparePeer(scenario, folder, { cpu, messages }) {
  const exchange = await startExchange(folder, exchangeFlags(scenario));
  const peer = await runPeer(exchange, pairs(scenario.symbols), scenario).finally(() => stop(exchange.child));
  const oursUs = (total(cpu).cpuMs * 1000) / messages;
  console.log(
    `  peer        ${peer.cpuUsPerMessage.toFixed(2).padStart(7)} us of CPU a message, ${(peer.levels / peer.messages).toFixed(1)} levels each`,
  );
  console.log(`  ratio       ${(peer.cpuUsPerMessage / oursUs).toFixed(1)}`);
}

function fail(problem) {
  console.error(`  FAILED: ${problem}`);
  process.exitCode = 1;
}

function sleepUntil(atMs) {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, atMs - Date.now())));
}
