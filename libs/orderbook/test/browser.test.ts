import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { build } from 'esbuild';

/** The whole library as one script for browsers, from source. */
async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [resolve('libs/orderbook/src/index.ts')],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'orderbook',
    conditions: ['@org/source'],
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}

const SCRIPT = `
  const live = new orderbook.LiveBook('BTCUSDT');
  const message = { symbol: 'BTCUSDT', eventTimeMs: 0, transactionTimeMs: 0 };
  live.snapshot({ ...message, lastUpdateId: 10, bids: [['63943.90', '46.372']], asks: [['63944.00', '0.095']] });
  live.diff({
    ...message, firstUpdateId: 12, finalUpdateId: 15, previousFinalUpdateId: 10,
    bids: [['63943.80', '1.50']], asks: [['63944.00', '0'], ['63944.10', '2']],
  });
  JSON.stringify([live.state, live.topOfBook(), live.book.checksum()]);
`;

it('the library, bundled for a browser, keeps a right book where nothing but the language exists', async () => {
  const context = createContext(Object.create(null) as object);
  const ambient = [
    'process',
    'Buffer',
    'require',
    'setTimeout',
    'crypto',
    'TextEncoder',
    'performance',
    'global',
    'window',
  ];
  const absent: unknown = runInContext(`[${ambient.map((name) => `typeof ${name}`).join()}].join()`, context);
  expect(absent).toBe(ambient.map(() => 'undefined').join());

  const code = await bundle();
  const answer: unknown = runInContext(`${code}; ${SCRIPT}`, context);
  const lines = 'b 63943.9 46.372\nb 63943.8 1.5\na 63944.1 2\n';
  expect(JSON.parse(answer as string)).toEqual([
    'live',
    { bid: ['63943.9', '46.372'], ask: ['63944.1', '2'] },
    createHash('sha256').update(lines).digest('hex'),
  ]);
});
