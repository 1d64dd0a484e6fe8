import { randomBytes } from 'node:crypto';
import {
  aggTrade,
  batchOf,
  countPoints,
  describeWithInflux,
  influxServer,
  newDatabase,
  query,
  sinkOf,
  withSink,
  writeAsOther,
} from './influx-server.ts';
import { fakeInflux } from './fake-influx.ts';

/** 2200-01-01 in ns, where the cursor stands. */
const CURSOR_TIME = '7258118400000000000';

describeWithInflux('the cursor in the store', () => {
  const server = influxServer();

  it('holds states of megabytes that do not compress, and forgets the one before', async () => {
    await withSink(server(), async (sink, database) => {
      const states = [3_000_000, 1_000_000, 2_000_000].map((bytes) => randomBytes(bytes).toString('base64'));
      for (const [index, state] of states.entries()) {
        await sink.append(batchOf(aggTrade(index + 1)), index + 1);
        await sink.commit(state);
      }
      const again = sinkOf(server(), database);
      const opened = await again.open();
      await again.close();
      expect(opened.position).toBe(3);
      expect(opened.state === states[2]).toBe(true);
    });
  });

  it('takes no state that is longer than it could give back', async () => {
    await withSink(server(), async (sink) => {
      await expect(sink.commit('x'.repeat(48 * 1024 * 1024 + 1))).rejects.toThrow(RangeError);
      await sink.commit('x');
    });
  });

  it('says where an opened sink goes on', async () => {
    await withSink(server(), async (sink, database) => {
      await sink.append(batchOf(aggTrade(1)), 10);
      await sink.commit('ten');
      const again = sinkOf(server(), database);
      await again.open();
      expect(await again.commit()).toBe(10);
      await expect(again.append(batchOf(aggTrade(1)), 10)).rejects.toThrow('above 10');
      await again.close();
    });
  });

  it('does not grow with the commits', async () => {
    await withSink(server(), async (sink, database) => {
      for (let position = 1; position <= 30; position++) {
        await sink.append(batchOf(aggTrade(position)), position);
        await sink.commit(`state ${position}`);
      }
      const count = async (field: string, measurement: string) =>
        Number(
          (await query(server(), database, `SELECT count(${field}) AS n FROM ${measurement}`))[0]?.['n'],
        );
      expect(await count('position', 'recorder_cursor')).toBe(4);
      expect(await count('text', 'recorder_state')).toBeLessThanOrEqual(4);
    });
  });

  it('goes back to the commit before when its last one is damaged, and says so', async () => {
    await withSink(server(), async (sink, database) => {
      for (const position of [1, 2, 3]) {
        await sink.append(batchOf(aggTrade(position)), position);
        await sink.commit(`state ${position}`);
      }
      const [last] = await query(
        server(),
        database,
        'SELECT last(generation), state_slot FROM recorder_cursor WHERE position = 3',
      );
      const slot = String(last?.['state_slot']);
      await writeAsOther(
        server(),
        database,
        `recorder_state,recorder=recorder,slot=${slot} text="x" ${CURSOR_TIME}`,
      );
      const again = sinkOf(server(), database);
      expect(await again.open()).toMatchObject({
        position: 2,
        state: 'state 2',
        isPositionLost: false,
        repairs: [{ target: 'recorder_cursor', problem: 'the state of commit 4 is damaged', bytesCut: 0 }],
      });
      await again.append(batchOf(aggTrade(3)), 3);
      await again.commit('state 3 again');
      await again.close();
      expect(await again.open()).toMatchObject({ position: 3, state: 'state 3 again', repairs: [] });
      await again.close();
    });
  });

  it('is lost when all of it is damaged, and until a commit stores something', async () => {
    await withSink(server(), async (sink, database) => {
      await sink.append(batchOf(aggTrade(1)), 1);
      await sink.commit('one');
      for (let slot = 0; slot < 4; slot++)
        await writeAsOther(
          server(),
          database,
          `recorder_cursor,recorder=recorder position=99i ${CURSOR_TIME.slice(0, -1)}${slot}`,
        );
      for (let times = 0; times < 2; times++) {
        const again = sinkOf(server(), database);
        const opened = await again.open();
        expect(opened).toMatchObject({ position: 0, state: undefined, isPositionLost: true });
        expect(opened.repairs[0]?.problem).toContain('damaged');
        expect(await again.commit()).toBe(0);
        await again.close();
      }
      const again = sinkOf(server(), database);
      await again.open();
      await again.append(batchOf(aggTrade(2)), 7);
      await again.commit();
      await again.close();
      expect(await again.open()).toMatchObject({ position: 7, state: undefined, isPositionLost: false });
      await again.close();
    });
  });

  it('is lost when there are rows and none', async () => {
    await withSink(server(), async (sink, database) => {
      await sink.append(batchOf(aggTrade(1)), 1);
      await sink.commit('one');
      await query(server(), database, 'DROP MEASUREMENT recorder_cursor');
      const again = sinkOf(server(), database);
      expect(await again.open()).toMatchObject({
        position: 0,
        isPositionLost: true,
        repairs: [{ bytesCut: 0 }],
      });
      await again.commit('from now on');
      await again.close();
      expect(await again.open()).toMatchObject({ position: 0, state: 'from now on', isPositionLost: false });
      await again.close();
    });
  });

  it('is one of each recorder that shares the database', async () => {
    await withSink(server(), async (one, database) => {
      await one.append(batchOf(aggTrade(1)), 10);
      await one.commit('one');
      const two = sinkOf(server(), database, { recorder: 'two' });
      expect(await two.open()).toMatchObject({ position: 0, isPositionLost: false });
      await two.append(batchOf(aggTrade(2)), 70);
      await two.commit('two');
      await two.close();
      await one.close();
      expect(await one.open()).toMatchObject({ position: 10, state: 'one' });
      expect(await two.open()).toMatchObject({ position: 70, state: 'two' });
      await two.close();
    });
  });

  it('starts anew with a database that was dropped, which ends the sink', async () => {
    await withSink(server(), async (sink, database) => {
      await sink.append(batchOf(aggTrade(1)), 1);
      await sink.commit('one');
      await query(server(), database, `DROP DATABASE "${database}"`);
      await expect(sink.append(batchOf(aggTrade(2)), 2)).rejects.toMatchObject({
        code: 'STORE_MISSING',
        isPassing: false,
      });
      const again = sinkOf(server(), database);
      expect(await again.open()).toMatchObject({ position: 0, state: undefined, isPositionLost: false });
      await again.append(batchOf(aggTrade(2)), 2);
      expect(await countPoints(server(), database, 'aggtrade')).toBe(1);
      await again.close();
    });
  });

  it('is made with its database where there is none', async () => {
    const database = newDatabase();
    const sink = sinkOf(server(), database);
    await sink.open();
    await sink.close();
    expect(await query(server(), database, 'SHOW DATABASES')).toContainEqual({ name: database });
  });
});

describe('a commit', () => {
  const fake = fakeInflux();

  it('that fails over and over never touches the last one that did not', async () => {
    const sink = sinkOf(fake() as never, 'test');
    await sink.open();
    await sink.append(batchOf(aggTrade(1)), 1);
    await sink.commit('good');
    const places = (from: number) =>
      fake()
        .requests.slice(from)
        .flatMap(({ body }) => body.split('\n'))
        .filter((line) => line.startsWith('recorder_'))
        .map((line) =>
          line.startsWith('recorder_state') ? line.split(' ', 1)[0]! : line.split(' ').at(-1)!,
        );
    const good = places(0).slice(-2);
    expect(good).toHaveLength(2);
    for (const failsAt of ['recorder_state', 'recorder_cursor']) {
      fake().onWrite = ({ body }) => ({ status: body.startsWith(failsAt) ? 500 : 204 });
      const before = fake().requests.length;
      for (let times = 0; times < 12; times++)
        await expect(sink.commit(`bad ${times}`)).rejects.toThrow('500');
      const touched = places(before);
      expect(touched.length).toBeGreaterThanOrEqual(12);
      for (const place of good) expect(touched).not.toContain(place);
    }
    fake().onWrite = () => ({ status: 204 });
    expect(await sink.commit('good again')).toBe(1);
    await sink.close();
  });
});
