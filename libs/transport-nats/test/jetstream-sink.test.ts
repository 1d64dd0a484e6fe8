import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import {
  readRecordBatch,
  RECORD_TYPE,
  RecordBatchBuilder,
  sinkContract,
  type SinkHarness,
  type StoredTrade,
} from '@org/storage';
import { JetStreamSink, MergedBatches, TransportNatsError } from '@org/transport-nats';
import { startNats } from '../../../tools/test-servers/nats.mjs';
import { itWithNats, sharedServer } from './cluster.ts';
import { tradeBatch } from './played-journal.ts';

const server = sharedServer();
let stores = 0;

function sinkOf(url: string, name: string, events = {}): JetStreamSink {
  return new JetStreamSink({
    name, events, requestTimeoutMs: 500, connection: { servers: url, reconnectTimeWait: 50 }, streamBytesMax: 2 ** 26,
  }); // prettier-ignore
}

/** The batches that count, read by somebody who knows the stream only. */
async function mergedBatches(url: string, name: string): Promise<Buffer[]> {
  const connection = await connect({ servers: url });
  try {
    const manager = await jetstreamManager(connection);
    const { state } = await manager.streams.info(name);
    const merged = new MergedBatches(name);
    const batches: Buffer[] = [];
    if (state.messages === 0) return [];
    const { name: consumerName } = await manager.consumers.add(name, {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.All,
    });
    const consumer = await jetstream(connection).consumers.get(name, consumerName);
    for await (const { subject, seq: sequence, data } of await consumer.fetch({
      max_messages: state.messages,
      expires: 5000,
    })) {
      batches.push(...merged.take({ subject, sequence, data: Buffer.from(data) }).map(({ batch }) => batch));
      if (sequence === state.last_seq) break;
    }
    return batches;
  } finally {
    await connection.close();
  }
}

async function storedTrades(url: string, name: string): Promise<StoredTrade[]> {
  const trades: StoredTrade[] = [];
  for (const batch of await mergedBatches(url, name))
    readRecordBatch(batch, ({ stream, bytes, payloadStart, payloadEnd, receivedAtUs }) => {
      const { data } = JSON.parse(bytes.toString('utf8', payloadStart, payloadEnd)) as {
        data: { a: number; p: string; q: string };
      };
      trades.push({ stream, id: data.a, price: data.p, quantity: data.q, receivedAtUs });
    });
  return trades;
}

function harness(): SinkHarness {
  const name = `sink-${stores++}`;
  const { url } = server();
  return {
    createSink: (events) => sinkOf(url, name, events),
    crash: (sink) => sink.close(),
    storedTrades: () => storedTrades(url, name),
    unrelated: () => Promise.resolve(harness()),
  };
}

describe('the JetStream sink', () => {
  for (const { name, run } of sinkContract) itWithNats(name, () => run(harness()));

  itWithNats('holds each row once when the server is killed again and again', async () => {
    const ownServer = await startNats();
    const sink = sinkOf(ownServer.url, 'killed');
    try {
      await sink.open();
      const kills = (async () => {
        for (let kill = 0; kill < 4; kill++) await ownServer.restart();
      })();
      const ids: number[] = [];
      for (let id = 1; id <= 200; id++) {
        ids.push(id);
        await sink.append(tradeBatch([['BTCUSDT', id]]), id);
        if (id % 20 === 0) await sink.commit(`state ${id}`);
      }
      await kills;
      await sink.append(tradeBatch([['BTCUSDT', 201]]), 201);
      await sink.close();
      const again = sinkOf(ownServer.url, 'killed');
      expect(await again.open()).toMatchObject({ position: 200, state: 'state 200', isPositionLost: false });
      await again.close();
      expect((await storedTrades(ownServer.url, 'killed')).map(({ id }) => id)).toEqual(ids);
    } finally {
      await sink.close();
      await ownServer.stop();
    }
  });

  itWithNats('ends when another sink has opened its stream', async () => {
    const store = harness();
    const [one, two] = [store.createSink(), store.createSink()];
    await one.open();
    await one.append(tradeBatch([['BTCUSDT', 1]]), 1);
    await one.commit();
    await two.open();
    const error: unknown = await one.append(tradeBatch([['BTCUSDT', 2]]), 2).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(TransportNatsError);
    expect(error).toMatchObject({ code: 'STORE_TAKEN', isPassing: false });
    await expect(one.commit()).rejects.toBe(error);
    await one.close();
    await two.close();
  });

  itWithNats("leaves a stream alone that is somebody else's", async () => {
    const connection = await connect({ servers: server().url });
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: 'others', subjects: ['others.*.*'] });
    await connection.close();
    const sink = sinkOf(server().url, 'others');
    await expect(sink.open()).rejects.toMatchObject({ code: 'LAYOUT_MISMATCH', isPassing: false });
    await sink.close();
  });

  itWithNats('cuts a batch that is larger than a message, and rejects a record that is', async () => {
    const rejected: string[] = [];
    const store = harness();
    const sink = store.createSink({ rejected: ({ problem }) => rejected.push(problem) });
    await sink.open();
    const many = Array.from({ length: 12_000 }, (_, index) => ['BTCUSDT', index + 1] as const);
    await sink.append(tradeBatch(many), 1);
    await sink.commit();
    expect((await store.storedTrades()).map(({ id }) => id)).toEqual(many.map(([, id]) => id));
    expect(rejected).toEqual([]);
    const builder = new RecordBatchBuilder(1024);
    const meta = { stream: 'BTCUSDT@depth', receivedAtUs: 1, line: 0, connectionId: 0 };
    builder.append({ type: RECORD_TYPE.depthSnapshot, ...meta }, Buffer.alloc(2 ** 20, 32));
    await sink.append(builder.take(), 2);
    expect(await sink.commit()).toBe(2);
    expect(rejected).toEqual([expect.stringContaining('expected a record of at most')]);
    await sink.close();
  });
});
