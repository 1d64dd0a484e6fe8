import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { RawLevels } from '@org/market-data';
import {
  copyRawLevels,
  fileHeader,
  findDepthSources,
  readDepthFile,
  readDepthSource,
  visitDepthFile,
  visitDepthSource,
  type DepthReadOptions,
  type RawDepth,
} from '@org/storage-csv';
import { collect, depthFrame, newStore, recordings, temporaryFolder, withRecordings } from './store.ts';

const folder = join(temporaryFolder(), 'BTCUSDT');
beforeAll(() => void mkdirSync(folder));
const HEADER = fileHeader('depth')!;

let files = 0;
function file(content: string | Buffer): string {
  const path = join(folder, `visited-${++files}.csv`);
  writeFileSync(path, content);
  return path;
}

type Side = readonly (readonly [string, string])[];

/** What a message says, as text. */
interface Told {
  readonly type: string;
  readonly u: number;
  readonly damagedRows: number;
  readonly bids: Side;
  readonly asks: Side;
}

function levelsOf({ bytes, offsets, bidCount, askCount }: RawLevels): { bids: Side; asks: Side } {
  const text = (at: number) => Buffer.from(bytes.subarray(offsets[at], offsets[at + 1])).toString();
  const side = (first: number, end: number): Side =>
    Array.from({ length: end - first }, (_, index) => {
      const at = 4 * (first + index);
      return [text(at), text(at + 2)];
    });
  return { bids: side(0, bidCount), asks: side(bidCount, bidCount + askCount) };
}

function told(message: RawDepth): Told {
  const { type, finalUpdateId: u, damagedRows } = message;
  return { type, u, damagedRows, ...levelsOf(message) };
}

async function visited(path: string, options?: DepthReadOptions): Promise<Told[]> {
  const messages: Told[] = [];
  await visitDepthFile(path, (message) => messages.push(told(message)), options);
  return messages;
}

const SCALE = { priceDecimals: 1, quantityDecimals: 2 };

const decimal = fc.tuple(fc.nat(99999), fc.nat(99)).map(([whole, part]) => (part === 0 ? `${whole}` : `${whole}.${part}`)); // prettier-ignore
/** Prices and quantities by turns in units of {@link SCALE}; undefined where one does not fit. */
function unitsOf(levels: Side): number[] | undefined {
  const decimals = [SCALE.priceDecimals, SCALE.quantityDecimals];
  const units = levels.flatMap((level) => level.map((text, index) => Number(text) * 10 ** decimals[index]!));
  return units.every((value) => Math.abs(value - Math.round(value)) < 1e-6)
    ? units.map(Math.round)
    : undefined;
}

const levelRow = fc.tuple(fc.constantFrom('bid', 'ask'), decimal, decimal);
const anyMessage = fc.record({
  type: fc.constantFrom('diff', 'diff', 'snapshot'),
  rows: fc.array(levelRow, { maxLength: 12 }),
  broken: fc.constantFrom('', '', '', 'x', '1,2,3,4,5,6,diff,bid,1', 'y'.repeat(300)),
});

describe('the visitor of a depth file', () => {
  it('is told the same whatever the size of the reads, with sides by turns and broken rows in between', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyMessage, { maxLength: 25 }),
        fc.integer({ min: 1, max: 700 }),
        fc.boolean(),
        async (messages, readBytes, isPacked) => {
          const lines = [HEADER];
          const expected: Told[] = [];
          let damage = 0;
          messages.forEach(({ type, rows, broken }, index) => {
            const u = 10 + index;
            const head = type === 'diff' ? `9,5,4,${u},${u},${u - 1},diff` : `9,,,,${u},,snapshot`;
            if (rows.length === 0) lines.push(`${head},,,`);
            for (const row of rows) lines.push([head, ...row].join(','));
            const side = (name: string) =>
              rows.flatMap(([is, p, q]) => (is === name ? [[p, q] as const] : []));
            if (broken !== '') lines.push(broken);
            const behind = broken === '' ? 0 : 1;
            expected.push({ type, u, damagedRows: damage + behind, bids: side('bid'), asks: side('ask') });
            damage = behind;
          });
          const text = lines.map((line) => `${line}\n`).join('');
          const path = file(isPacked ? gzipSync(text) : text);
          expect(await visited(path, { readBytes, rejected: () => undefined })).toEqual(expected);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('has the levels as numbers of the scale asked for, unless one does not fit or sides come by turns', async () => {
    const message = fc.record({
      bids: fc.array(fc.tuple(decimal, decimal)),
      asks: fc.array(fc.tuple(decimal, decimal)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(message), fc.integer({ min: 1, max: 500 }), async (messages, readBytes) => {
        const rows = messages.flatMap(({ bids, asks }, u) => {
          const head = `9,5,4,${u},${u},${u - 1},diff`;
          const side = (name: string, levels: Side) =>
            levels.map((level) => [head, name, ...level].join(','));
          return bids.length + asks.length === 0
            ? [`${head},,,`]
            : [...side('bid', bids), ...side('ask', asks)];
        });
        const path = file([HEADER, ...rows, ''].join('\n'));
        const seen: unknown[] = [];
        const visit = ({ ticks, bidCount, askCount, priceDecimals, quantityDecimals }: RawDepth) => {
          const isThere =
            priceDecimals === SCALE.priceDecimals && quantityDecimals === SCALE.quantityDecimals;
          seen.push(
            isThere ? [...ticks.subarray(0, 2 * (bidCount + askCount))] : [priceDecimals, quantityDecimals],
          );
        };
        await visitDepthFile(path, visit, { readBytes, scale: SCALE });
        expect(seen).toEqual(messages.map(({ bids, asks }) => unitsOf([...bids, ...asks]) ?? [-1, -1]));
      }),
    );
  });

  it.each([
    ['9007199254740.991', '1', 3, [9007199254740991, 1]],
    ['9007199254740.992', '1', 3, undefined],
    ['90071992547409.91', '1', 3, undefined],
    ['99999999999999999999999', '1', 3, undefined],
    ['0.0000', '1.000000', 3, [0, 1]],
    ['1.0010', '1', 3, [1001, 1]],
    ['1.0011', '1', 3, undefined],
    ['1', '1.1', 3, undefined],
  ])('has %s x %s as numbers of %i decimals and none: %j', async (price, quantity, priceDecimals, units) => {
    const scale = { priceDecimals, quantityDecimals: 0 };
    const path = file(`${HEADER}\n${`9,5,4,1,1,0,diff,bid,${price},${quantity}\n`.repeat(2)}`);
    const seen: unknown[] = [];
    const visit = (message: RawDepth) =>
      seen.push(message.priceDecimals < 0 ? undefined : [...message.ticks.subarray(0, 4)]);
    await visitDepthFile(path, visit, { scale });
    expect(seen).toEqual([units === undefined ? undefined : [...units, ...units]]);
  });

  it('looks at the scale when a message begins, and gives no numbers where sides come by turns', async () => {
    const row = (u: number, side: string) => `9,5,4,${u},${u},${u - 1},diff,${side},1.5,2\n`;
    const text = [row(1, 'bid'), row(2, 'bid'), row(3, 'ask'), row(3, 'bid'), row(4, 'ask')].join('');
    const scale = { priceDecimals: 1, quantityDecimals: 0 };
    const seen: unknown[] = [];
    const visit = ({ finalUpdateId, priceDecimals, ticks }: RawDepth) => {
      seen.push([finalUpdateId, priceDecimals, ...(priceDecimals < 0 ? [] : ticks.subarray(0, 2))]);
      scale.priceDecimals = 2;
    };
    await visitDepthFile(file(`${HEADER}\n${text}`), visit, { scale });
    // The second message has begun when the first is handed over.
    expect(seen).toEqual([[1, 1, 15, 2], [2, 1, 15, 2], [3, -1], [4, 2, 150, 2]]); // prettier-ignore
  });

  it('gets a message across a border between two reads whole, wherever the border lies', async () => {
    const row = (u: number, side: string, level: number) => `9,5,4,${u},${u},${u - 1},diff,${side},${level}.5,${u}\n`; // prettier-ignore
    const rows = [1, 2, 3, 4, 5, 6].map((level) => row(77, level < 4 ? 'bid' : 'ask', level));
    const text = `${HEADER}\n${row(76, 'bid', 9)}${rows.join('')}${row(78, 'ask', 8)}`;
    const path = file(text);
    const whole = await visited(path);
    expect(whole.map(({ bids, asks }) => [bids.length, asks.length])).toEqual([[1, 0], [3, 3], [0, 1]]); // prettier-ignore
    for (let readBytes = 1; readBytes <= text.length; readBytes++) {
      expect(await visited(path, { readBytes })).toEqual(whole);
    }
  });

  it('sees a file of many reads as the reader of messages does, with a snapshot larger than a read', async () => {
    let text = `${HEADER}\n`;
    for (let level = 0; level < 5000; level++) text += `1,,,,1,,snapshot,${level < 2500 ? 'bid' : 'ask'},${level}.25,1.5\n`; // prettier-ignore
    for (let u = 2; u < 6000; u++) text += `${u},5,4,${u},${u},${u - 1},diff,bid,${u}.10,0.${u}\n`.repeat(u % 4 || 1); // prettier-ignore
    const path = file(text);
    const expected = await collect(readDepthFile(path));
    const messages = await visited(path, { readBytes: 4096 });
    expect(messages).toHaveLength(expected.length);
    expected.forEach((message, index) => {
      const { bids, asks } = message.type === 'diff' ? message.diff : message.snapshot;
      expect(messages[index]).toMatchObject({ type: message.type, bids, asks });
    });
  });

  it.each([
    [['8', '5', '4', '10', '20', '5', 'diff']],
    [['9', '6', '4', '10', '20', '5', 'diff']],
    [['9', '5', '3', '10', '20', '5', 'diff']],
    [['9', '5', '4', '11', '20', '5', 'diff']],
    [['9', '5', '4', '10', '21', '5', 'diff']],
    [['9', '5', '4', '10', '20', '6', 'diff']],
    [['9', '5', '4', '10', '20', '5', 'snapshot']],
  ])('takes rows that differ in one shared column for two messages: %s', async (other) => {
    // Times of one to eight digits bring the difference to every place within the words that are compared.
    for (let digits = 0; digits < 8; digits++) {
      const head = ['9', '5', '4', '10', '20', '5', 'diff'].join();
      const rows = [`${head},bid,1,1`, `${other.join()},bid,2,2`, `${other.join()},bid,3,3`];
      const longer = rows.map((row) => '1'.repeat(digits) + row);
      const messages = await visited(file([HEADER, ...longer, ''].join('\n')));
      expect(messages.map(({ bids }) => bids.length)).toEqual([1, 2]);
    }
  });

  it('refuses a row beyond 64 KiB also where it looks like all others', async () => {
    const rows = `9,5,4,1,1,0,diff,bid,1,1\n9,5,4,1,1,0,diff,bid,${'1'.repeat(65_600)},1\n`;
    await expect(visited(file(`${HEADER}\n${rows}`))).rejects.toMatchObject({
      code: 'SEGMENT_CORRUPT',
      line: 3,
    });
  });

  it('ends the reading by false, and gives the file back', async () => {
    const path = file(
      `${HEADER}\n${[1, 2, 3].map((u) => `9,5,4,${u},${u},${u - 1},diff,bid,1,1\n`).join('')}`,
    );
    const seen: number[] = [];
    const isWhole = await visitDepthFile(path, ({ finalUpdateId }) => seen.push(finalUpdateId) < 2);
    expect({ isWhole, seen }).toEqual({ isWhole: false, seen: [1, 2] });
    await expect(visitDepthFile(path, () => undefined)).resolves.toBe(true);
  });

  it('is told of no damage when it throws itself', async () => {
    const path = file(`${HEADER}\n9,5,4,1,1,0,diff,bid,1,1\n9,5,4,2,2,1,diff,bid,1,1\n`);
    const seen: number[] = [];
    const reading = visitDepthFile(path, ({ finalUpdateId }) => {
      seen.push(finalUpdateId);
      throw new RangeError('mine');
    });
    await expect(reading).rejects.toThrow(RangeError);
    expect(seen).toEqual([1]);
  });

  it('may copy levels, which then last', async () => {
    const path = file(
      `${HEADER}\n${[1, 2, 3].map((u) => `9,5,4,${u},${u},${u - 1},diff,bid,${u}.5,${u}\n`).join('')}`,
    );
    const kept: RawLevels[] = [];
    await visitDepthFile(path, (message) => kept.push(copyRawLevels(message)), { readBytes: 30 });
    expect(kept.map((levels) => levelsOf(levels).bids)).toEqual([[['1.5', '1']], [['2.5', '2']], [['3.5', '3']]]); // prettier-ignore
    expect(kept[0]!.bytes).toHaveLength(4);
  });

  it('of a message that never ends gets what fits, and the rest is broken rows', async () => {
    const rows = '9,5,4,1,1,0,diff,bid,1,1\n'.repeat(1_000_003);
    const problems: string[] = [];
    const counts: number[] = [];
    await visitDepthFile(file(`${HEADER}\n${rows}`), ({ bidCount }) => counts.push(bidCount), {
      rejected: ({ problem }) => problems.push(problem),
    });
    expect(counts).toEqual([1_000_000]);
    expect(problems).toEqual(Array(3).fill('expected at most 1000000 levels of a side, was more'));
  });
});

describe('the visitor of a source', () => {
  it('reads captures in the same shape', async () => {
    const directory = newStore(folder);
    mkdirSync(directory, { recursive: true });
    const snapshot = '{"lastUpdateId":8,"E":7,"T":6,"bids":[["1.5","2"]],"asks":[]}';
    const diff = depthFrame(9, [['1.0', '2']], [['3', '4.50']]).replace('btcusdt@any', 'btcusdt@depth');
    const lines = [snapshot, diff, '{"stream":"btcusdt@trade","data":{}}'];
    const text = lines.map((line) => `1767355200000000999 ${line}\n`).join('');
    writeFileSync(join(directory, 'btcusdt_20260102.gz'), gzipSync(text));
    const source = await findDepthSources(directory, 'BTCUSDT');
    const seen: unknown[] = [];
    await visitDepthSource(source, (message) => {
      const { receivedAtUs, eventTimeMs, transactionTimeMs, firstUpdateId, previousFinalUpdateId } = message;
      seen.push({ receivedAtUs, eventTimeMs, transactionTimeMs, firstUpdateId, previousFinalUpdateId, ...told(message) }); // prettier-ignore
    });
    const receivedAtUs = 1767355200000000;
    expect(seen).toEqual([
      { type: 'snapshot', receivedAtUs, eventTimeMs: 7, transactionTimeMs: 6, firstUpdateId: 8, previousFinalUpdateId: undefined, u: 8, damagedRows: 0, bids: [['1.5', '2']], asks: [] },
      { type: 'diff', receivedAtUs, eventTimeMs: 5, transactionTimeMs: 4, firstUpdateId: 8, previousFinalUpdateId: 7, u: 9, damagedRows: 0, bids: [['1.0', '2']], asks: [['3', '4.50']] },
    ]); // prettier-ignore
    const isWhole = await visitDepthSource(source, () => false);
    expect(isWhole).toBe(false);
  });

  withRecordings('agrees with the reader of messages about a real recording', async () => {
    const source = await findDepthSources(join(recordings, 'usdm-2021-07-22'), 'SUSHIUSDT');
    const expected = await collect(readDepthSource(source));
    const seen: Told[] = [];
    await visitDepthSource(source, (message) => seen.push(told(message)));
    expect(seen).toEqual(
      expected.map((message) => {
        const { type, damagedRows } = message;
        const body = type === 'diff' ? message.diff : message.snapshot;
        const u = type === 'diff' ? message.diff.finalUpdateId : message.snapshot.lastUpdateId;
        return { type, u, damagedRows, bids: body.bids, asks: body.asks };
      }),
    );
  });
});
