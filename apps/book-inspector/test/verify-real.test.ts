import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RECORD_TYPE, readCapture, RecordBatchBuilder } from '@org/storage';
import { CsvSink } from '@org/storage-csv';
import { itWithRealData, REAL_DATA } from './support/real-data.ts';
import { runVerifyCommand, verified } from './support/verify-run.ts';

let root: string;
beforeAll(() => (root = mkdtempSync(join(tmpdir(), 'book-inspector-verify-real-'))));
afterAll(() => rmSync(root, { recursive: true }));

/** Sends a capture through the sink, and declares the gaps. */
async function record(capture: string, symbol: string, gaps: readonly object[]): Promise<string> {
  const outputDir = join(root, symbol);
  const sink = new CsvSink({ outputDir });
  let { position } = await sink.open();
  const builder = new RecordBatchBuilder(64 * 1024);
  let receivedAtUs = 0;
  const append = (type: 1 | 2 | 3, stream: string, bytes: Buffer): void =>
    builder.append({ type, stream: `${symbol}@${stream}`, receivedAtUs, line: 0, connectionId: 1 }, bytes);
  for await (const { receivedAtNs, bytes } of readCapture(join(REAL_DATA, capture))) {
    receivedAtUs = Number(receivedAtNs / 1000n);
    const stream = /^\{"stream":"[^@]+@([^"]+)"/.exec(bytes.toString('latin1', 0, 100))?.[1];
    if (stream === undefined) append(RECORD_TYPE.depthSnapshot, 'depth@0ms', bytes);
    else append(RECORD_TYPE.frame, stream, bytes);
    if (builder.byteLength > 500_000) await sink.append(builder.take(), ++position);
  }
  for (const gap of gaps) append(RECORD_TYPE.gap, 'depth@0ms', Buffer.from(JSON.stringify(gap)));
  await sink.append(builder.take(), ++position);
  await sink.close();
  return outputDir;
}

describe('verify on recordings that nobody in this project wrote', () => {
  itWithRealData('names the gap of the cut capture by its ids, and nothing else', async () => {
    const expected = JSON.parse(readFileSync(join(REAL_DATA, 'gaps/expected.json'), 'utf8')).S1.events[1] as [string, number, number]; // prettier-ignore
    const { clean, findings, gaps } = await verified(join(REAL_DATA, 'gaps'));
    expect({ clean, gaps }).toEqual({ clean: false, gaps: { declared: 0, undeclared: 1, healed: 0 } });
    expect(findings.map(({ code, ids }) => [code, ids])).toEqual([
      ['GAP_UNDECLARED', [expected[1], expected[2]]],
    ]);
    expect(findings[0]!.line).toBeGreaterThan(1);
  });

  itWithRealData('is clean about the same gap once it is declared, and only with the right ids', async () => {
    const [, lastId, nextId] = JSON.parse(readFileSync(join(REAL_DATA, 'gaps/expected.json'), 'utf8')).S1.events[1] as [string, number, number]; // prettier-ignore
    const gap = { stream: 'ETHUSDT@depth@0ms', reason: 'sequence', lastId, nextId, detectedAtUs: 1, line: 0, healedBy: '' }; // prettier-ignore
    const dataDir = await record('gaps/S1_gap100_then_resnapshot.gz', 'ETHUSDT', [gap]);
    expect(await verified(dataDir)).toMatchObject({
      clean: true,
      gaps: { declared: 1, undeclared: 0 },
      warnings: 0,
    });
    const path = join(dataDir, 'ETHUSDT/gaps_2024-07-18.csv');
    writeFileSync(path, readFileSync(path, 'utf8').replace(`,${nextId},`, `,${nextId - 1},`));
    expect(await verified(dataDir)).toMatchObject({ clean: false, gaps: { declared: 1, undeclared: 1 } });
  });

  itWithRealData('is clean for captures of three products, and for files made of them', async () => {
    for (const folder of ['usdm-2021-07-22', 'coinm-2021-07-22', 'spot-2021-10-12'])
      expect(await verified(join(REAL_DATA, folder))).toMatchObject({ clean: true, findings: [] });
    const dataDir = await record('usdm-2021-07-22/sushiusdt_20210722.gz', 'SUSHIUSDT', []);
    expect(await verified(dataDir)).toMatchObject({ clean: true, findings: [], files: 4 });
    const spot = await record('spot-2021-10-12/nknusdt_20211012.gz', 'NKNUSDT', []);
    expect(await verified(spot)).toMatchObject({ clean: true, findings: [], files: 4 });
  });

  itWithRealData('takes one capture alone', async () => {
    const path = join(REAL_DATA, 'usdm-2021-07-22/sushiusdt_20210722.gz');
    const { exitCode, stdout } = await runVerifyCommand('--data-dir', path);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^SUSHIUSDT .* clean$/m);
  });
});
