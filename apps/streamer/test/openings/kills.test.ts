import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { RECORD_TYPE, RecordBatchBuilder } from '@org/storage';
import { linesOf, messagesOf, replayAlone, TextBook } from './alone.ts';
import type { DepthRecord } from './captured-depth.ts';
import { Recording } from './recording.ts';

const SYMBOL = 'BTCUSDT';
const STREAM = `${SYMBOL}@depth@0ms`;
const START_US = 1_767_355_200_000_000;

type Step = 'diff' | 'lost-diff' | 'snapshot';
type Fault = 'none' | 'commit' | 'kill-writer' | 'kill-books';

/** A market of few levels: what the exchange says, and what the book is at every update id. */
class Market {
  readonly books = new Map<number, string[]>();
  readonly #book = new TextBook();
  readonly #levels = { bids: new Map<string, string>(), asks: new Map<string, string>() };
  #u = 100;
  #nowUs = START_US;

  constructor() {
    this.#set('bids', '1.00', '5.000');
    this.#set('asks', '2.00', '5.000');
    this.books.set(this.#u, this.#book.lines());
  }

  /** The record of the step, or nothing when it is lost on its way. */
  take(step: Step, waitMs: number, change: number): DepthRecord | undefined {
    this.#nowUs += 1000 * waitMs;
    const common = { stream: STREAM, receivedAtUs: this.#nowUs, line: 0, connectionId: 1 };
    if (step === 'snapshot') {
      const levels = { bids: [...this.#levels.bids], asks: [...this.#levels.asks] };
      const payload = Buffer.from(JSON.stringify({ lastUpdateId: this.#u, E: 1, T: 1, ...levels }));
      return { meta: { ...common, type: RECORD_TYPE.depthSnapshot }, payload };
    }
    const [pu, u] = [this.#u, this.#u + 3];
    const side = change % 2 === 0 ? 'bids' : 'asks';
    const level = [`${side === 'bids' ? 0 : 2}.${10 + (change % 7)}`, `${change % 3}.000`] as const;
    this.#set(side, ...level);
    this.#u = u;
    this.books.set(u, this.#book.lines());
    const sides = { b: side === 'bids' ? [level] : [], a: side === 'asks' ? [level] : [] };
    const data = { e: 'depthUpdate', E: 1, T: 1, s: SYMBOL, U: pu + 1, u, pu, ...sides };
    const payload = Buffer.from(JSON.stringify({ stream: 'btcusdt@depth@0ms', data }));
    if (step === 'lost-diff') return undefined;
    return { meta: { ...common, type: RECORD_TYPE.frame, order: u, follows: pu }, payload };
  }

  #set(side: 'bids' | 'asks', price: string, quantity: string): void {
    if (Number(quantity) === 0) this.#levels[side].delete(price);
    else this.#levels[side].set(price, quantity);
    this.#book.apply({ bids: [], asks: [], [side]: [[price, quantity]] });
  }
}

/** What is killed loses what it had in its memory; the journal gives the sink and the books the rest again. */
async function inflict(fault: Fault, recording: Recording, journal: readonly Buffer[]): Promise<void> {
  if (fault === 'commit') await recording.sink.commit('state');
  if (fault === 'kill-books') {
    recording.shelf.stop();
    recording.manager();
  }
  if (fault !== 'kill-writer') return;
  await recording.sink.close();
  recording.shelf.restart();
  recording.position = (await recording.writer().open()).position;
  for (const batch of journal.slice(recording.position)) await recording.take(batch);
}

/** Openings are exact, and a file that has one never shows another book than the market had. */
async function expectExactFiles(recording: Recording, market: Market): Promise<void> {
  for (const path of recording.files(SYMBOL)) {
    const messages = await messagesOf(path, SYMBOL);
    for (const message of messages)
      if (message.type === 'snapshot')
        expect(linesOf(message.snapshot)).toEqual(market.books.get(message.snapshot.lastUpdateId));
    const alone = replayAlone(SYMBOL, messages);
    if (alone.state !== 'live') continue;
    const [bids, asks] = [[...alone.book.levels('bid')], [...alone.book.levels('ask')]];
    const expected = market.books.get(alone.lastUpdateId!)!;
    expect(linesOf({ bids, asks }).map(withoutZeros)).toEqual(expected.map(withoutZeros).sort());
  }
}

function withoutZeros(line: string): string {
  return line.replace(/\.?0+(?= |$)/g, '');
}

const steps = fc.array(
  fc.record({
    step: fc.oneof(
      { weight: 12, arbitrary: fc.constant<Step>('diff') },
      { weight: 2, arbitrary: fc.constant<Step>('snapshot') },
      { weight: 1, arbitrary: fc.constant<Step>('lost-diff') },
    ),
    waitMs: fc.constantFrom(1, 100, 2000, 5000, 25_000),
    change: fc.nat(100),
    /** Ends the batch, and what happens then. */
    fault: fc.option(
      fc.oneof(
        { weight: 6, arbitrary: fc.constant<Fault>('none') },
        { weight: 2, arbitrary: fc.constant<Fault>('commit') },
        { weight: 1, arbitrary: fc.constantFrom<Fault>('kill-writer', 'kill-books') },
      ),
    ),
  }),
  { minLength: 5, maxLength: 60 },
);

describe('whatever is killed, whenever, between whatever messages', () => {
  it('every opening is the book that the market had, and stands right before what follows it', async () => {
    let written = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const market = new Market();
        const recording = new Recording({ rotation: 10_000, symbols: [SYMBOL], waitMs: 20 });
        const journal: Buffer[] = [];
        const builder = new RecordBatchBuilder(1024);
        try {
          await recording.sink.open();
          for (const { step, waitMs, change, fault } of script) {
            const record = market.take(step, waitMs, change);
            if (record !== undefined) builder.append(record.meta, record.payload);
            if (fault === null || builder.recordCount === 0) continue;
            const batch = builder.take();
            journal.push(batch);
            await recording.take(batch);
            await inflict(fault, recording, journal);
          }
          await expectExactFiles(recording, market);
          written += recording.sink.stats().openings.written;
        } finally {
          await recording.remove();
        }
      }),
      { numRuns: 40 },
    );
    expect(written).toBeGreaterThan(10);
  }, 60_000);
});
