import { Buffer } from 'node:buffer';
import { readRecordBatch, type RecordMeta } from '@org/storage';
import { RecordChannel } from '../src/records/record-channel.ts';

const meta = (stream: string, type: RecordMeta['type'] = 1): RecordMeta => ({
  type, stream, receivedAtUs: 1, line: 0, connectionId: 1,
}); // prettier-ignore

const settled = () => new Promise((resolve) => setImmediate(resolve));

function channelOf(options: { accepts: boolean }) {
  const sent: string[][] = [];
  const refused: string[] = [];
  let recoveries = 0;
  let timer: (() => void) | undefined;
  const channel = new RecordChannel({
    sender: {
      send: (batch: Buffer) => {
        const payloads: string[] = [];
        readRecordBatch(batch, ({ bytes, payloadStart, payloadEnd }) =>
          payloads.push(bytes.toString('utf8', payloadStart, payloadEnd)),
        );
        sent.push(payloads);
        return options.accepts;
      },
    } as ConstructorParameters<typeof RecordChannel>[0]['sender'],
    clock: { setTimeout: (run) => ((timer = run), 1), clearTimeout: () => (timer = undefined) },
    batchBytes: 1000,
    flushIntervalMs: 50,
    refused: (stream) => refused.push(stream),
    recovered: () => recoveries++,
  });
  return {
    channel,
    sent,
    refused,
    tick: () => timer?.(),
    isTimed: () => timer !== undefined,
    recoveries: () => recoveries,
  };
}

describe('the queue of a worker', () => {
  it('sends a batch when it is full, after the event that filled it', async () => {
    const { channel, sent, isTimed } = channelOf({ accepts: true });
    for (let record = 0; record < 3; record++) channel.append(meta('A@trade'), Buffer.alloc(400, 'x'));
    expect(sent).toEqual([]);
    await settled();
    expect(sent.map((batch) => batch.length)).toEqual([3]);
    expect(isTimed()).toBe(false);
  });

  it('sends what it has when the first record has waited long enough', () => {
    const { channel, sent, tick } = channelOf({ accepts: true });
    channel.append(meta('A@trade'), Buffer.from('one'));
    channel.append(meta('B@trade'), Buffer.from('two'));
    expect(sent).toEqual([]);
    tick();
    expect(sent).toEqual([['one', 'two']]);
    channel.flush();
    expect(sent).toHaveLength(1);
  });

  it('begins with a doubt of every stream that lost records, as soon as batches are taken again', () => {
    const options = { accepts: false };
    const { channel, sent, refused, tick, isTimed, recoveries } = channelOf(options);
    channel.append(meta('A@trade'), Buffer.from('one'));
    channel.append(meta('B@trade'), Buffer.from('two'));
    tick();
    expect(refused).toEqual(['A@trade', 'B@trade']);
    channel.append(meta('C@trade'), Buffer.from('three'));
    tick();
    expect(refused.slice(2)).toEqual(['A@trade', 'B@trade', 'C@trade']);
    // The doubt is sent even when nothing else comes any more.
    expect(isTimed()).toBe(true);
    options.accepts = true;
    channel.append(meta('A@trade'), Buffer.from('four'));
    tick();
    channel.append(meta('A@trade'), Buffer.from('five'));
    tick();
    const doubt = '{"reason":"overflow","isEnd":false}';
    expect(sent.slice(2)).toEqual([[doubt, doubt, doubt, 'four'], ['five']]);
    expect(recoveries()).toBe(1);
  });
});
