// How fast a journal is forwarded, and read by a writer whose sink stores nothing: `npm run build`, then
// `node libs/transport-nats/bench/forward.bench.mjs [MB]`. Server, forwarder and writer share the machine.
import { setTimeout as wait } from 'node:timers/promises';
import { RECORD_TYPE, RecordBatchBuilder } from '@org/storage';
import { Bus, Forwarder, PartitionedWriter } from '@org/transport-nats';
import { findNats, startNats } from '../../../tools/test-servers/nats.mjs';

const MB = 2 ** 20;
const totalBytes = Number(process.argv[2] ?? 256) * MB;
const FRAME_BYTES = 1500;
const SYMBOLS = Array.from({ length: 600 }, (_, index) => `S${index}USDT`);
const PER_BATCH = 160;

if (findNats() === undefined) {
  console.error('nats-server is missing: apt-get install nats-server');
  process.exit(1);
}

/** Batches as a worker with many symbols makes them; ids join, so that nothing waits in the merge. */
function makeEntries() {
  const entries = [];
  const ids = new Map();
  let position = 0;
  let symbol = 0;
  let messages = 0;
  const filler = 'x'.repeat(FRAME_BYTES);
  while (position < totalBytes) {
    const builder = new RecordBatchBuilder(PER_BATCH * (FRAME_BYTES + 64));
    for (let count = 0; count < PER_BATCH; count++) {
      const name = SYMBOLS[symbol++ % SYMBOLS.length];
      const id = (ids.get(name) ?? 0) + 1;
      ids.set(name, id);
      const payload = Buffer.from(`{"e":"trade","t":${id},"x":"${filler}"}`);
      const meta = { type: RECORD_TYPE.frame, stream: `${name}@trade`, line: 0, connectionId: 1 };
      builder.append({ ...meta, receivedAtUs: 1.7e15 + messages++, order: id, follows: id - 1 }, payload);
    }
    const payload = builder.take();
    position += payload.length;
    entries.push({ lane: 'w0', epoch: 1, payload, position });
  }
  return { entries, messages, end: position };
}

const { entries, messages, end } = makeEntries();
const sourceAt = (after) => {
  let index = entries.findIndex(({ position }) => position > after);
  let close;
  const closed = new Promise((resolve) => (close = resolve));
  const next = async () => {
    const taken = index === -1 ? [] : entries.slice(index, index + 4);
    index += taken.length;
    return taken.length > 0 ? taken : closed.then(() => []);
  };
  return Promise.resolve({ next, close: async () => close() });
};
const nothing = { name: 'nothing', open: async () => ({ position: 0, state: undefined, isPositionLost: false, repairs: [] }), append: async () => {}, commit: async () => 0, close: async () => {}, stats: () => ({ records: 0, rows: 0, bytes: 0, rejected: 0 }) }; // prettier-ignore
const store = () => ({
  createSink: () => nothing,
  keep: async () => {},
  putBack: async () => true,
  isNew: async () => true,
});

async function measured(what, bytes, run) {
  const startCpu = process.cpuUsage();
  const start = performance.now();
  await run();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(startCpu);
  const perMessage = (user + system) / messages;
  console.log(
    `${what}: ${(bytes / MB / seconds).toFixed(0)} MB/s, ${Math.round(messages / seconds)} market messages/s, ` +
      `${perMessage.toFixed(1)} us CPU each in this process`,
  );
}

const server = await startNats();
const busOf = () =>
  new Bus({ name: 'bench', connection: { servers: server.url }, streamBytesMax: 4 * 2 ** 30 });
const [collecting, writing] = [busOf(), busOf()];
try {
  let committed = 0;
  const forwarder = new Forwarder(collecting, {
    node: 'collector', incarnation: 'j1', openSource: sourceAt, committedPosition: 0,
    handlers: { committed: (position) => (committed = position), failed: console.error },
  }); // prettier-ignore
  console.log(`${messages} market messages of ${FRAME_BYTES} bytes in ${entries.length} batches`);
  await collecting.provision();
  await measured('forward', end, async () => {
    forwarder.start();
    while (forwarder.stats().readPosition < end || forwarder.stats().pendingBytes > 0) await wait(5);
  });
  console.log(
    `         ${forwarder.stats().messages} messages of the server, ${(forwarder.stats().bytes / forwarder.stats().messages / 1024).toFixed(0)} KiB each`,
  );
  const writer = new PartitionedWriter(writing, {
    writer: 'w',
    store,
    handlers: { failed: console.error, ended: (_, error) => error && console.error(error) },
  });
  await measured('read, merge and commit', end, async () => {
    writer.start();
    while (committed < end) await wait(5);
  });
  const { commits, pieces } = writer.stats();
  console.log(`         ${pieces} pieces, ${commits} commits`);
  await forwarder.close();
  await writer.close();
} finally {
  await collecting.close();
  await writing.close();
  await server.stop();
}
