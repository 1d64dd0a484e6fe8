import { join, resolve } from 'node:path';
import { loadConfig, flagOverrides } from '@org/config';
import type { ExitCode } from '../control/exit-codes.ts';
import { runPrimary } from '../roles/primary.ts';

const DEMO_SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'];

/** Records a generated market on loopback: everything is real but the exchange. */
export async function demo(flags: { duration: string; outputDir: string }, entry: string): Promise<ExitCode> {
  // Who records the real exchange does not wait for this one to be loaded.
  const { startExchange } = await import('@org/exchange-simulator');
  const exchange = await startExchange({ symbols: DEMO_SYMBOLS, port: 0 });
  try {
    const load = () =>
      loadConfig({
        text: demoConfig(exchange.restUrl, exchange.wsUrl, flags.outputDir),
        path: 'the demo',
        overrides: flagOverrides(flags),
      });
    const exitCode = await runPrimary(load, entry);
    process.stdout.write(
      `the data is in ${resolve(flags.outputDir)}; look at it with\n` +
        `  npx nx run book-inspector:replay --symbol ${DEMO_SYMBOLS[0]} --data-dir ${flags.outputDir}\n`,
    );
    return exitCode;
  } finally {
    await exchange.stop();
  }
}

/** A free port for the status, so that a demo never stands in the way of a recorder; books written every few seconds. */
function demoConfig(restUrl: string, wsUrl: string, outputDir: string): string {
  return JSON.stringify({
    network: { rest_url: restUrl, ws_url: wsUrl },
    symbols: { pairs: DEMO_SYMBOLS },
    orderbook: { snapshot_interval: '5s' },
    monitoring: { port: 0 },
    logging: { dir: join(outputDir, '.logs') },
  });
}
