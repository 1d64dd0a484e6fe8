import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startNats } from '../../../tools/test-servers/nats.mjs';
import { Cluster, until } from './cluster.ts';
import { gapRows, storedIds } from './csv-stores.ts';
import { PlayedJournal, SYMBOLS } from './played-journal.ts';
import { abandon, CuttingProxy } from './cutting-proxy.ts';

export type Fault = 'server' | 'writer' | 'forwarder' | 'writer hangs';

export interface ChaosResult {
  readonly sent: Record<string, number[]>;
  readonly stored: Record<string, number[]>;
  readonly gaps: readonly string[];
  readonly journalFaults: readonly string[];
}

/**
 * Two collectors with a journal each record different symbols; three writers store them. In every round a batch of
 * entries comes and somebody dies: writers and forwarders are dropped as they are and made anew, their connections are
 * cut first, so that what they had under way comes late or never.
 */
export async function playChaos(
  root: string,
  faults: readonly Fault[],
  waitMs: number,
): Promise<ChaosResult> {
  const server = await startNats();
  const cluster = new Cluster(server.url, 'chaos');
  const journals = [new PlayedJournal('w0'), new PlayedJournal('w1')];
  const names = ['a', 'b', 'c'];
  const proxies: CuttingProxy[] = [];
  const behind = async () => {
    const proxy = await CuttingProxy.to(server.port);
    proxies.push(proxy);
    return { proxy, bus: cluster.bus({ connection: { servers: proxy.url, reconnectTimeWait: 50 } }) };
  };
  const startForwarder = async (index: number) => {
    const { proxy, bus } = await behind();
    return { proxy, part: cluster.forwarder(`n${index}`, journals[index]!, { bus }) };
  };
  const startWriter = async (name: string) => {
    const { proxy, bus } = await behind();
    return { proxy, part: cluster.writer(name, root, { bus }) };
  };
  try {
    const forwarders = await Promise.all(journals.map((_, index) => startForwarder(index)));
    const writers = await Promise.all(names.map(startWriter));
    for (const [round, fault] of faults.entries()) {
      for (let count = 0; count < 20; count++)
        journals.forEach((journal, index) =>
          journal.add(SYMBOLS.filter((_, at) => at % 2 === index && (at + count + round) % 3 > 0)),
        );
      await wait(waitMs);
      const victim = round % names.length;
      if (fault === 'server') {
        await server.kill();
        await wait(waitMs);
        await server.restart();
      } else if (fault === 'forwarder') {
        const index = round % journals.length;
        await abandon(forwarders[index]!);
        forwarders[index] = await startForwarder(index);
      } else if (fault === 'writer') {
        await abandon(writers[victim]!);
        writers[victim] = await startWriter(names[victim]!);
      } else writers[victim]!.proxy.hangFor(1600);
    }
    await until(
      () =>
        journals.every((journal) => journal.committedPosition === journal.end) &&
        writers.every(({ part }) => part.stats().unsettled.length === 0),
      () => JSON.stringify([...forwarders, ...writers].map(({ part }) => part.stats())),
    );
    await cluster.close();
    const folders = names.map((name) => join(root, name));
    return {
      sent: Object.fromEntries(journals.flatMap(({ sent }) => [...sent])),
      stored: Object.fromEntries(storedIds(folders)),
      gaps: gapRows(folders),
      journalFaults: journals.flatMap(({ faults }) => faults),
    };
  } finally {
    await cluster.close();
    for (const proxy of proxies) await proxy.close();
    await server.stop();
  }
}
