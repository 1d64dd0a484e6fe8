import { expectAllStoredOnce } from './expect-end.ts';
import type { Nodes } from './kill-cluster.ts';
import type { NodeStatus } from './node-process.ts';
import { itOfCluster, playCluster, SHORT } from './play-cluster.ts';

/** A machine that keeps books is lost and comes back; it joins in the middle, with whatever the exchange sends then. */
async function replaceBooks({ exchange, bookNodes: [node] }: Nodes): Promise<void> {
  const hasBooks = ({ books }: NodeStatus): boolean =>
    books.length === SHORT.symbols.length && books.every(({ state }) => state === 'live');
  await node!.statusWhen(hasBooks);
  exchange.freeze();
  await node!.kill();
  node!.start();
  await node!.statusWhen(({ cluster, books }) => cluster?.follower?.reading === 4 && books.length === 0);
  exchange.thaw();
}

describe('collectors, writers and a server', () => {
  itOfCluster(
    'store every message of a capture once while one of each kind is killed',
    async () => {
      const during = async (nodes: Nodes): Promise<void> => {
        const { server, collectors, writers } = nodes;
        const [owner, other] = writers;
        await replaceBooks(nodes);
        await other!.statusWhen(({ cluster }) => cluster?.writer?.unsettled.length === 0);
        const { processes } = await collectors[0]!.status();
        process.kill(processes.find(({ role }) => role === 'forwarder')!.pid, 'SIGKILL');
        await owner!.kill();
        owner!.start();
        await server.kill();
        await server.restart();
        const { processes: others } = await collectors[1]!.status();
        process.kill(others.find(({ role }) => role === 'worker')!.pid, 'SIGKILL');
      };
      expectAllStoredOnce(
        await playCluster({
        ...SHORT, collectors: ['c1', 'c2'], writers: ['w1', 'w2'], bookNodes: ['b1'], seed: 1, speed: 4, leaseMs: 1000, patienceMs: 8000, during,
      }), // prettier-ignore
      );
    },
    120_000,
  );
});
