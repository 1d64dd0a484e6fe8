import { createHash } from 'node:crypto';
import { RECORD_TYPE, RecordBatchBuilder } from '@org/storage';
import { InfluxError, type InfluxSink } from '@org/storage-influx';
import {
  describeWithInflux,
  influxServer,
  newDatabase,
  NOON_US,
  query,
  sinkOf,
  writeAsOther,
} from './influx-server.ts';

/** A batch with one trade. */
function trade(id: number): Buffer {
  const batch = new RecordBatchBuilder(1024);
  const meta = { stream: 'BTCUSDT@aggTrade', receivedAtUs: NOON_US, line: 0, connectionId: 1 };
  const data = { e: 'aggTrade', E: 5, a: id, s: 'BTCUSDT', p: '1', q: '1', f: id, l: id, T: NOON_US / 1000, m: true };
  const frame = JSON.stringify({ stream: 'btcusdt@aggTrade', data });
  batch.append({ type: RECORD_TYPE.frame, ...meta }, Buffer.from(frame));
  return batch.take();
} // prettier-ignore

async function stored(sink: InfluxSink, id: number): Promise<void> {
  await sink.append(trade(id), id);
  await sink.commit(`state ${id}`);
}

const refusal = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

describeWithInflux('two sinks of one name', () => {
  const server = influxServer();

  it('are told so at the next commit of the one that the other overtook', async () => {
    const database = newDatabase();
    const [first, second] = [sinkOf(server(), database), sinkOf(server(), database)];
    await first.open();
    await stored(first, 1);
    expect(await second.open()).toMatchObject({ position: 1, state: 'state 1' });
    await stored(first, 2);
    expect(await refusal(stored(second, 3))).toMatchObject({ code: 'STORE_TAKEN', isPassing: false });
    await stored(first, 4);
    await second.close();

    const third = sinkOf(server(), database);
    expect(await third.open()).toMatchObject({ position: 4, state: 'state 4' });
    await stored(third, 5);
    const error = await refusal(stored(first, 6));
    expect(error).toBeInstanceOf(InfluxError);
    expect((error as Error).message).toMatch(/recorder recorder/);
    await first.close();
    await third.close();
  });

  it('are told so when both committed at one moment', async () => {
    const database = newDatabase();
    const sinks = [sinkOf(server(), database), sinkOf(server(), database)];
    const errors: unknown[] = [];
    for (const sink of sinks) await sink.open();
    for (let id = 1; id <= 3 && errors.length === 0; id++) {
      const results = await Promise.allSettled(sinks.map((sink) => stored(sink, id)));
      for (const result of results) if (result.status === 'rejected') errors.push(result.reason);
    }
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) expect(error).toMatchObject({ code: 'STORE_TAKEN' });
    for (const sink of sinks) await sink.close();
  });

  it('do not disturb each other with names of their own', async () => {
    const database = newDatabase();
    const sinks = ['a', 'b'].map((recorder) => sinkOf(server(), database, { recorder }));
    for (const sink of sinks) await sink.open();
    for (let id = 1; id <= 6; id++) for (const sink of sinks) await stored(sink, id);
    for (const sink of sinks) await sink.close();
    for (const recorder of ['a', 'b'])
      expect(await sinkOf(server(), database, { recorder }).open()).toMatchObject({ position: 6 });
  });

  it('take a head that names no life for a predecessor', async () => {
    const database = newDatabase();
    await query(server(), database, `CREATE DATABASE "${database}"`);
    const check = createHash('sha256').update('7,3,0,-1,0,').digest('hex');
    const fields = `position=7i,generation=3i,slot=0i,state_slot=-1i,state_parts=0i,state_sha256="",check="${check}"`;
    const time = `${Date.UTC(2200, 0, 1)}000000`;
    await writeAsOther(server(), database, `recorder_cursor,recorder=recorder ${fields} ${time}`);
    const sink = sinkOf(server(), database);
    expect(await sink.open()).toMatchObject({ position: 7, isPositionLost: false });
    await stored(sink, 8);
    await stored(sink, 9);
    await sink.close();
  });
});
