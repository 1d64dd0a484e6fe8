import { expectAllStoredOnce } from './expect-end.ts';
import type { Nodes } from './kill-cluster.ts';
import { itOfCluster, playCluster, SHORT } from './play-cluster.ts';

describe('collectors, writers and a server', () => {
  itOfCluster(
    'store every message of a capture once while one of each kind is killed',
    async () => {
      const during = async ({ server, collectors, writers }: Nodes): Promise<void> => {
        const [owner, other] = writers;
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
        ...SHORT, collectors: ['c1', 'c2'], writers: ['w1', 'w2'], seed: 1, speed: 8, leaseMs: 1000, patienceMs: 8000, during,
      }), // prettier-ignore
      );
    },
    120_000,
  );
});
