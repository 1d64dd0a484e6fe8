import { setTimeout as sleep } from 'node:timers/promises';
import { RECORD_TYPE, RecordBatchBuilder } from '@org/storage';
import { STORES } from './stores.mjs';

// A sink in a process of its own, which is killed: brings batch after batch, from where its store says that it is.
const { store, options, batches, tradesABatch, paceMs } = JSON.parse(process.argv[2]);

const NOON_MS = Date.UTC(2026, 0, 2, 12);
/** Several of one millisecond. */
const TRADES_A_MS = 7;
const COMMIT_EVERY = 3;
const RETRY_MS = 5;

function batchAt(index) {
  const builder = new RecordBatchBuilder(65_536);
  for (let at = 0; at < tradesABatch; at++) {
    const id = index * tradesABatch + at + 1;
    const ms = NOON_MS + Math.floor(id / TRADES_A_MS);
    const data = {
      e: 'aggTrade',
      E: ms,
      a: id,
      s: 'BTCUSDT',
      p: '60000.10',
      q: '0.010',
      f: id,
      l: id,
      T: ms,
      m: true,
    };
    const meta = { type: RECORD_TYPE.frame, stream: 'BTCUSDT@aggTrade', line: 0, connectionId: 1 };
    const order = { receivedAtUs: ms * 1000, order: id, follows: id - 1 };
    builder.append({ ...meta, ...order }, Buffer.from(JSON.stringify({ stream: 'btcusdt@aggTrade', data })));
  }
  return Buffer.from(builder.take());
}

/** What passes is tried again, as a follower of the journal does; anything else ends this process. */
async function persistently(step) {
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (error.isPassing !== true) throw error;
    }
    await sleep(RETRY_MS);
  }
}

const sink = STORES[store].createSink(options);
const { position, isPositionLost } = await persistently(() => sink.open());
if (isPositionLost) throw new Error('the store has lost its position');
for (let at = position; at < batches; at++) {
  await persistently(() => sink.append(batchAt(at), at + 1));
  if (at % COMMIT_EVERY === 0) await persistently(() => sink.commit(`state ${at}`));
  process.send({ at: at + 1 });
  await sleep(paceMs);
}
await persistently(() => sink.commit('the end'));
await sink.close();
process.send({ done: true });
process.disconnect();
