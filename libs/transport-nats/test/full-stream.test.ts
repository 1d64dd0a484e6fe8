import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { connectionTo, JetStreamSink, MergedBatches } from '@org/transport-nats';
import { itWithNats, sharedServer } from './cluster.ts';
import { tradeBatch } from './played-journal.ts';

const server = sharedServer();
const STREAM_BYTES_MAX = 100_000;

function sinkOf(name: string, discard: 'old' | 'new'): JetStreamSink {
  const connection = connectionTo([server().url]);
  return new JetStreamSink({ name, connection, discard, streamBytesMax: STREAM_BYTES_MAX, patienceMs: 100 });
}

/** A batch of about 10 kB. */
const batchAt = (position: number): Buffer =>
  tradeBatch(Array.from({ length: 60 }, (_, index) => ['BTCUSDT', position * 100 + index] as const));

async function managing<T>(use: (manager: JetStreamManager) => Promise<T>): Promise<T> {
  const connection = await connect({ servers: server().url });
  try {
    return await use(await jetstreamManager(connection));
  } finally {
    await connection.close();
  }
}

/** Appends and commits from a position on, until it has done so many or is refused. */
async function fill(sink: JetStreamSink, from: number, count: number): Promise<unknown> {
  try {
    for (let position = from; position < from + count; position++) {
      await sink.append(batchAt(position), position);
      await sink.commit(`state ${position}`);
    }
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('a full merged stream', () => {
  itWithNats('that discards nothing is waited for, and goes on where it was when there is room', async () => {
    const sink = sinkOf('full-new', 'new');
    await sink.open();
    const error = await fill(sink, 1, 50);
    expect(error).toMatchObject({ code: 'STREAM_FULL', isPassing: true });
    await sink.close();
    // The position of the last marker is the truth, whatever came behind it.
    const { position } = await managing(async (manager) => {
      await manager.streams.purge('full-new', { filter: 'full-new.batch' });
      const again = sinkOf('full-new', 'new');
      const opened = await again.open();
      expect(opened).toMatchObject({ state: `state ${opened.position}`, isPositionLost: false });
      expect(await fill(again, opened.position + 1, 2)).toBeUndefined();
      await again.close();
      return opened;
    });
    expect(position).toBeGreaterThan(1);
  });

  itWithNats('that discards its oldest messages keeps the latest, and the position', async () => {
    const sink = sinkOf('full-old', 'old');
    await sink.open();
    expect(await fill(sink, 1, 50)).toBeUndefined();
    await sink.close();
    const again = sinkOf('full-old', 'old');
    expect(await again.open()).toMatchObject({ position: 50, state: 'state 50', isPositionLost: false });
    await again.close();
    const merged = new MergedBatches('full-old');
    const read: Buffer[] = [];
    await managing(async (manager) => {
      const { state } = await manager.streams.info('full-old');
      expect(state.first_seq).toBeGreaterThan(1);
      for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
        const message = (await manager.streams.getMessage('full-old', { seq }))!;
        const { subject, data } = message;
        read.push(
          ...merged.take({ subject, sequence: seq, data: Buffer.from(data) }).map(({ batch }) => batch),
        );
      }
    });
    expect(read.length).toBeGreaterThan(2);
    expect(read).toEqual(
      Array.from({ length: read.length }, (_, index) => batchAt(51 - read.length + index)),
    );
    expect(merged.missed).toBe(0);
  });
});
