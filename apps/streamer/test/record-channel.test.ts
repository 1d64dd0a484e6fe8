import { Buffer } from 'node:buffer';
import { readRecordBatch, type RecordMeta } from '@org/storage';
import { RecordChannel } from '../src/records/record-channel.ts';

const meta = (stream: string, type: RecordMeta['type'] = 1): RecordMeta => ({
  type, stream, receivedAtUs: 1, line: 0, connectionId: 1,
}); // prettier-ignore

function channelOf(options: { accepts: boolean }) {
  const sent: string[][] = [];
  const refused: [string, number][] = [];
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
    refused: (stream, records) => refused.push([stream, records]),
  });
  return { channel, sent, refused, tick: () => timer?.(), isTimed: () => timer !== undefined };
}

describe('the queue of a worker', () => {
  it('sends a batch when it is full', () => {
    const { channel, sent, isTimed } = channelOf({ accepts: true });
    for (let record = 0; record < 3; record++) channel.append(meta('A@trade'), Buffer.alloc(400, 'x'));
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

  it('tells which streams lost how many records when the batch is refused, gap rows not counted', () => {
    const { channel, refused, tick } = channelOf({ accepts: false });
    channel.append(meta('A@trade'), Buffer.from('one'));
    channel.append(meta('A@trade'), Buffer.from('two'));
    channel.append(meta('B@trade'), Buffer.from('three'));
    channel.append(meta('B@trade', 3), Buffer.from('{}'));
    tick();
    expect(refused).toEqual([['A@trade', 2], ['B@trade', 1]]); // prettier-ignore
  });
});
