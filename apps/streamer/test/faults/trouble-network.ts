import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../process/recorder.ts';
import { chanceOf } from './chance.ts';
import { conclude, type Conclusion } from './conclusion.ts';
import { connectionsDeliver, type ExchangeReport } from './exchange-report.ts';
import { isLive, type RecordingOptions, whileUnderLoad } from './recording.ts';
import { type ProxiedConnection, TcpProxy } from './tcp-proxy.ts';

/** What happens to one connection, for how long, and how it ends. */
export interface Trouble {
  readonly name: string;
  begin(connection: ProxiedConnection): void;
  readonly lastsMs: number;
  end(connection: ProxiedConnection): void;
  /** The recorder has to open another connection within this time. */
  readonly replacedWithinMs?: number;
}

export const CUT: Trouble = { name: 'cut', begin: (line) => line.cut(), lastsMs: 0, end: () => undefined };
export const RESET: Trouble = { ...CUT, name: 'reset', begin: (line) => line.reset() };

/** The other side is gone, and nobody says so. */
export const halfOpen = (lastsMs: number, replacedWithinMs: number): Trouble => ({
  name: 'half-open',
  begin: (line) => line.freeze(),
  lastsMs,
  end: (line) => line.reset(),
  replacedWithinMs,
});

export const stall = (lastsMs: number): Trouble => ({
  name: 'stall',
  begin: (line) => line.freeze(),
  lastsMs,
  end: (line) => line.thaw(),
});

export const slow = (lastsMs: number, bytesPerSecond: number): Trouble => ({
  name: 'slow',
  begin: (line) => (line.bytesPerSecond = bytesPerSecond),
  lastsMs,
  end: (line) => (line.bytesPerSecond = Infinity),
});

export const late = (lastsMs: number, delayMs: number): Trouble => ({
  name: 'late',
  begin: (line) => (line.delayMs = delayMs),
  lastsMs,
  end: (line) => (line.delayMs = 0),
});

export interface TroubleNetworkOptions extends RecordingOptions {
  readonly seed: number;
  /** One after the other, each on a connection of chance; the next one when all deliver again. */
  readonly troubles: readonly Trouble[];
  /** Time for the last repairs. */
  readonly settleMs: number;
}

export interface TroubleNetworkFigures extends Conclusion {
  readonly troubles: string;
  /** The longest from the beginning of a half-open line until another one was opened. */
  readonly worstReplacementMs: number;
}

/** Records through a proxy, and troubles one connection after the other. */
export async function troubleNetwork(options: TroubleNetworkOptions): Promise<TroubleNetworkFigures> {
  const chance = chanceOf(options.seed);
  const proxy = await TcpProxy.start();
  let figures: TroubleNetworkFigures | undefined;
  const through = {
    ...options,
    network: { ...options.network, ws_url: proxy.url },
    prepare: (exchange: { port: number }) => proxy.forwardTo(exchange.port),
  };
  try {
    await whileUnderLoad(through, async (recording) => {
      const { exchange, recorder } = recording;
      await recorder.statusWhen(isLive);
      const { connections } = await exchange.report<ExchangeReport>();
      const expected = connections.filter(({ end }) => end === 'open').length;
      let worstReplacementMs = 0;
      for (const trouble of options.troubles) {
        await sleep(chance() * 500);
        const line = proxy.connections[Math.floor(chance() * proxy.connections.length)]!;
        worstReplacementMs = Math.max(worstReplacementMs, await strike(trouble, line, proxy));
        await connectionsDeliver(exchange, expected);
      }
      await sleep(options.settleMs);
      const names = options.troubles.map(({ name }) => name).join(' ');
      figures = { troubles: names, worstReplacementMs, ...(await conclude(recording)) };
    });
  } finally {
    await proxy.close();
  }
  return figures!;
}

/** Returns how long it took until the connection was replaced, if it had to be. */
async function strike(trouble: Trouble, line: ProxiedConnection, proxy: TcpProxy): Promise<number> {
  const { accepted } = proxy;
  const beganAtMs = performance.now();
  trouble.begin(line);
  let replacedAfterMs = 0;
  if (trouble.replacedWithinMs !== undefined) {
    const explain = () => `${trouble.name}: no other connection`;
    await eventually(() => proxy.accepted > accepted, explain, trouble.replacedWithinMs);
    replacedAfterMs = Math.round(performance.now() - beganAtMs);
  }
  await sleep(trouble.lastsMs - (performance.now() - beganAtMs));
  trouble.end(line);
  return replacedAfterMs;
}
