/*
 * A recorder as it is usually written, to be run beside ours against the same server: ws, JSON.parse, tardis-dev's
 * book, csv-writer in appends of 1000 rows. Records aggTrade, depth and kline for a while, prints one line of JSON.
 *
 *   node bench/peers/typical-recorder.mjs --url 'wss://localhost:9443/stream?streams=btcusdt@depth@0ms/…' --seconds 10
 *
 * `--url` may come several times. A URL without streams gets those of `--subscribe`, comma-separated, the n-th list
 * for the n-th URL. `--ca FILE` or `--insecure` for a certificate of one's own, `--warm-up S` for seconds before the
 * measurement, `--out DIR` for the files (default: a temporary folder that is removed).
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createArrayCsvWriter } from 'csv-writer';
import WebSocket from 'ws';
import { DEPTH_COLUMNS } from '../workload/depth-files.mjs';
import { addRows } from '../workload/json-rows.mjs';
import { createTardisBook } from '../workload/tardis-levels.mjs';

const ROWS_PER_APPEND = 1000;
const STREAMS_PER_REQUEST = 100;
/** The exchange takes ten requests a second on a connection. */
const REQUEST_PAUSE_MS = 150;
const COLUMNS = {
  depth: DEPTH_COLUMNS,
  aggtrade: ['agg_trade_id', 'price', 'quantity', 'first_trade_id', 'last_trade_id', 'transact_time', 'is_buyer_maker', 'normal_quantity', 'event_time', 'local_time'], // prettier-ignore
  kline: ['open_time', 'open', 'high', 'low', 'close', 'volume', 'close_time', 'quote_volume', 'count', 'taker_buy_volume', 'taker_buy_quote_volume', 'interval', 'is_closed', 'event_time', 'local_time'], // prettier-ignore
};

/** One file; its appends wait for each other. */
class RowFile {
  rows = [];
  #writer;
  #written = Promise.resolve();

  constructor(path, header) {
    this.#writer = createArrayCsvWriter({ path, header });
  }

  flush(least = ROWS_PER_APPEND) {
    if (this.rows.length >= least) {
      const { rows } = this;
      this.rows = [];
      this.#written = this.#written.then(() => this.#writer.writeRecords(rows));
    }
    return this.#written;
  }
}

/** Files and books of all symbols. */
class TypicalRecorder {
  counts = { messages: 0, levels: 0, rows: 0 };
  #folder;
  #files = new Map();
  #books = new Map();
  #bestSum = 0;

  constructor(folder) {
    this.#folder = folder;
  }

  take(text) {
    const { stream, data } = JSON.parse(text);
    if (stream === undefined) return;
    const receivedAtUs = Date.now() * 1000;
    this.counts.messages++;
    if (data.e === 'depthUpdate') this.#takeDepth(data, receivedAtUs);
    else if (data.e === 'aggTrade') this.#takeTrade(data, receivedAtUs);
    else if (data.e === 'kline') this.#takeBar(data, receivedAtUs);
  }

  async close() {
    await Promise.all([...this.#files.values()].map((file) => file.flush(1)));
    return this.#bestSum;
  }

  #takeDepth({ s, E, T, U, u, pu, b, a }, receivedAtUs) {
    const toLevel = ([price, quantity]) => ({ price: Number(price), amount: Number(quantity) });
    const book = this.#book(s);
    book.update({ isSnapshot: false, bids: b.map(toLevel), asks: a.map(toLevel) });
    this.#bestSum += (book.bestBid()?.price ?? 0) + (book.bestAsk()?.price ?? 0);
    this.counts.levels += b.length + a.length;
    this.#write(s, 'depth', (rows) => addRows(rows, [receivedAtUs, E, T, U, u, pu, 'diff'], b, a));
  }

  #takeTrade({ s, a, p, q, f, l, T, m, nq, E }, receivedAtUs) {
    this.#write(s, 'aggtrade', (rows) => rows.push([a, p, q, f, l, T, m, nq, E, receivedAtUs]));
  }

  #takeBar({ s, E, k }, receivedAtUs) {
    this.#write(s, 'kline', (rows) =>
      rows.push([k.t, k.o, k.h, k.l, k.c, k.v, k.T, k.q, k.n, k.V, k.Q, k.i, k.x, E, receivedAtUs]),
    );
  }

  #write(symbol, kind, add) {
    const file = this.#file(symbol, kind);
    const before = file.rows.length;
    add(file.rows);
    this.counts.rows += file.rows.length - before;
    void file.flush();
  }

  #book(symbol) {
    let book = this.#books.get(symbol);
    if (book === undefined) this.#books.set(symbol, (book = createTardisBook()));
    return book;
  }

  #file(symbol, kind) {
    const name = `${symbol}/${kind}`;
    let file = this.#files.get(name);
    if (file === undefined) {
      mkdirSync(join(this.#folder, symbol), { recursive: true });
      file = new RowFile(join(this.#folder, `${name}.csv`), COLUMNS[kind]);
      this.#files.set(name, file);
    }
    return file;
  }
}

/** Resolves to the socket when it is open and everything asked for. */
async function connect(url, streams, tls, recorder) {
  // Compression would multiply the cost of receiving, so a recorder that cares leaves it away.
  const socket = new WebSocket(url, { perMessageDeflate: false, ...tls });
  socket.on('message', (data) => recorder.take(data.toString()));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  for (let from = 0, id = 1; from < streams.length; from += STREAMS_PER_REQUEST, id++) {
    const params = streams.slice(from, from + STREAMS_PER_REQUEST);
    socket.send(JSON.stringify({ method: 'SUBSCRIBE', params, id }));
    await wait(REQUEST_PAUSE_MS);
  }
  return socket;
}

async function measure(recorder, sockets, seconds) {
  const before = { ...recorder.counts, cpu: process.cpuUsage(), at: performance.now() };
  await wait(seconds * 1000);
  const measuredSeconds = (performance.now() - before.at) / 1000;
  const messages = recorder.counts.messages - before.messages;
  const levels = recorder.counts.levels - before.levels;
  const rows = recorder.counts.rows - before.rows;
  for (const socket of sockets) socket.terminate();
  await recorder.close();
  const { user, system } = process.cpuUsage(before.cpu);
  return { messages, levels, rows, seconds: measuredSeconds, cpuUsPerMessage: (user + system) / messages };
}

async function main() {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', multiple: true, default: [] },
      subscribe: { type: 'string', multiple: true, default: [] },
      seconds: { type: 'string', default: '10' },
      'warm-up': { type: 'string', default: '0' },
      out: { type: 'string' },
      ca: { type: 'string' },
      insecure: { type: 'boolean', default: false },
    },
  });
  if (values.url.length === 0) throw new Error('expected --url wss://…, was none');
  const tls = {
    ...(values.ca === undefined ? {} : { ca: readFileSync(values.ca) }),
    ...(values.insecure ? { rejectUnauthorized: false } : {}),
  };
  const folder = values.out ?? mkdtempSync(join(tmpdir(), 'typical-recorder-'));
  const recorder = new TypicalRecorder(folder);
  const sockets = [];
  try {
    for (const [index, url] of values.url.entries()) {
      const streams = values.subscribe[index]?.split(',') ?? [];
      sockets.push(await connect(url, streams, tls, recorder));
    }
    await wait(Number(values['warm-up']) * 1000);
    const result = await measure(recorder, sockets, Number(values.seconds));
    const rssMiB = process.memoryUsage().rss / 2 ** 20;
    console.log(JSON.stringify({ ...result, rssMiB }));
  } finally {
    for (const socket of sockets) socket.terminate();
    if (values.out === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

await main();
